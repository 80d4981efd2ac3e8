"""Credits and wallets: money that pays before the rest is asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, SERVICE, Draft, Event, PlanDraft, text_of, time_of
from tests.cases.fields import Fields, UnknownField, each
from tests.cases.words.fees import CENTS

CREDIT: Final = "credit"
WALLET: Final = "wallet"
FEE: Final = "month_fee"
_DISCOUNT: Final = "discount"
_FIXED: Final = "fixed"
_USAGE: Final = "usage"
OPENED: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _fill(draft: Draft, name: str, amount: str, **terms: Any) -> None:
    """A wallet that is there before all usage; of several the first one was opened first."""
    at = OPENED + timedelta(hours=len(draft.credits))
    top_up = {"account": CUSTOMER, "wallet": name, "amount": amount, "at": time_of(at)}
    draft.credits[name] = Decimal(amount)
    if Decimal(amount):
        draft.before.append({"top_up": top_up | terms})


def left(draft: Draft, name: str, remaining: Decimal) -> None:
    """What a wallet has left; of no name, the account's own money."""
    holder = draft.holders.get(name, CUSTOMER)
    words = {"account": holder, "resource": draft.currency, "bucket": name}
    draft.expect("balances", words | {"remaining": text_of(remaining)})


def wallets(draft: Draft, given: Fields) -> None:
    """`wallets`: by name what each holds; the first one pays first."""
    for wallet in each(given.take("wallets"), "given.wallets"):
        _fill(draft, wallet.take("id"), wallet.take("balance"))
        wallet.done()
    draft.account |= {"payment": "prepaid"}


def wallet(draft: Draft, given: Fields) -> None:
    """`wallet`: one that holds what was `granted`, at a `rate` of 1; `monthly_fee` comes after."""
    words = Fields(given.take("wallet"), "given.wallet")
    if words.number("rate", "1") != 1:
        raise UnknownField("given.wallet.rate: a wallet of something else than money")
    draft.digits = 2
    _fill(draft, WALLET, words.take("granted"))
    words.done()
    draft.account |= {"payment": "prepaid"}
    fee = given.take("monthly_fee")
    if fee is not None:
        words_of_fee = {"id": FEE, "amount": fee, "every": "month", "charged": "arrears"}
        draft.plan.words["fees"] = [words_of_fee]


def credit_balance(draft: Draft, given: Fields) -> None:
    """`credit_balance`, and `settlement`: what credit does not pay is invoiced."""
    settlement = given.take("settlement")
    if settlement != "credit_then_invoice":
        raise UnknownField(f"given.settlement: {settlement!r}")
    _fill(draft, CREDIT, given.take("credit_balance"))
    draft.account |= {"payment": "hybrid"}


def credits_(draft: Draft, given: Fields) -> None:
    """`credits`: they pay what discounts leave, of `credits_pay` alone where that is told."""
    pays = given.take("credits_pay")
    terms = {} if pays is None else {"products": [pays]}
    _fill(draft, CREDIT, given.take("credits"), **terms)
    draft.account |= {"payment": "hybrid"}


def lines(draft: Draft, given: Fields) -> None:
    """`lines` of an invoice, each a charge of what it says; those of a kind are a product."""
    draft.plan.offer["product"] = _USAGE
    fixed = PlanDraft(id=_FIXED, offer={"product": _FIXED})
    for number, value in enumerate(given.take("lines"), start=1):
        line = Fields(value if isinstance(value, dict) else {"amount": value}, "given.lines")
        kind = line.take("kind", _USAGE)
        if kind not in (_USAGE, _FIXED):
            raise UnknownField(f"given.lines.kind: {kind!r}")
        at = OPENED.replace(month=2) + timedelta(minutes=number)
        name = f"line-{number}"
        event = Event(id=name, at=at, amount=line.number("amount"), attributes={"line": name})
        event.service = f"{SERVICE}-{_FIXED}" if kind == _FIXED else SERVICE
        line.done()
        draft.events.append(event)
    for plan in (draft.plan, fixed):
        plan.rows.append({"per_unit": {"amounts": {"amount": "1"}}})
    draft.plans.append(fixed)
    draft.services = [
        {"service": SERVICE, "price_plan": draft.plan.id},
        {"service": f"{SERVICE}-{_FIXED}", "price_plan": _FIXED},
    ]


def line_discounts(draft: Draft, given: Fields) -> None:
    """`line_discounts`: a percent or an amount off one line."""
    for off in each(given.take("line_discounts"), "given.line_discounts"):
        name = f"line-{off.take('line')}"
        words = {"id": f"off-{name}", "when": {"line": name}}
        words |= {word: off.take(word) for word in ("percent", "amount") if word in off}
        off.done()
        draft.section("discounts", words)


def invoice_discount(draft: Draft, given: Fields) -> None:
    """`invoice_discount`: so much off all lines together, after those of lines."""
    amount = given.take("invoice_discount")
    words = {"id": "invoice", "amount": amount, "at_most": amount, "order": 1}
    draft.section("discounts", words)


def invoice_percent(draft: Draft, given: Fields) -> None:
    """`invoice_discount_percent`: the same of what discounts of lines have left."""
    percent = given.take("invoice_discount_percent")
    draft.section("discounts", {"id": "invoice", "percent": percent, "order": 1})


def charge(draft: Draft, event: Event, value: str) -> None:
    """`charge`: an amount that is due."""
    event.amount = Decimal(value)


def debits(draft: Draft, values: dict[str, str]) -> None:
    """What each wallet has paid."""
    for name, paid in values.items():
        left(draft, name, draft.credits[name] - Decimal(paid))


def subtotal(draft: Draft, value: str) -> None:
    """Before discounts."""
    draft.sum(without=[_DISCOUNT], amount=value)


def discount(draft: Draft, value: str) -> None:
    """All discounts together."""
    draft.sum(rule=_DISCOUNT, amount=text_of(-Decimal(value)))


def used(draft: Draft, value: str) -> None:
    """What credit has paid."""
    debits(draft, {CREDIT: value})


def invoiced(draft: Draft, value: str) -> None:
    """What is owed once credit has paid."""
    left(draft, "", -Decimal(value))


def total(draft: Draft, value: str) -> bool:
    """The total of what credit has paid in part: the rest; false where there is no credit."""
    if CREDIT not in draft.credits:
        return False
    invoiced(draft, value)
    return True


def after_each(draft: Draft, values: list[Any]) -> bool:
    """Balances of the wallet after usage, and after the fee of its month; false: of none.

    What the case calls ongoing, the balance less what is not invoiced yet, is what there is: a
    charge takes from the wallet at once. So the balance of a step with a fee is the one before it.
    """
    steps = each(values, "expect.after_each")
    if WALLET not in draft.credits or not all("ongoing_balance_cents" in step for step in steps):
        return False
    for event, step in zip([*draft.now, *draft.due], steps, strict=True):
        ongoing = _cents(step.take("ongoing_balance_cents"))
        balance = _cents(step.take("balance_cents"))
        if balance - ongoing != _cents(step.take("ongoing_usage_cents", "0")):
            raise UnknownField(f"{step.path}: usage that is in no balance")
        step.done()
        name = event.id
        change = {"resource": draft.currency, "bucket": WALLET, "after": text_of(ongoing)}
        if event.falls_due:
            name = _charge_fee(draft, event)
            change["before"] = text_of(balance)
        elif balance != ongoing:
            raise UnknownField(f"{step.path}: a balance of what is not invoiced")
        draft.expect("charges", {"id": name, "changes": [change]})
    return True


def _charge_fee(draft: Draft, event: Event) -> str:
    """The fee of the month before falls due in arrears; its charge's name."""
    month = (event.at - timedelta(days=1)).strftime("%Y-%m-01")
    draft.services = [{"service": SERVICE, "price_plan": draft.plan.id, "from": month}]
    draft.steps.append({"tick": time_of(event.at + timedelta(hours=1))})
    return f"fee/{CUSTOMER}/{SERVICE}/{FEE}/{month}T00:00:00Z"


def _cents(value: str) -> Decimal:
    return Decimal(value) / CENTS


WORDS: Final[dict[str, Callable[[Draft, Any], None]]] = {
    "credits_used": used,
    "debits": debits,
    "discount": discount,
    "invoice_remainder": invoiced,
    "subtotal": subtotal,
}
"""Fields of what is expected."""
