"""What is expected, field by field, as sums of lines, balances and verdicts of the scenario."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from streams.model.money import trimmed
from tests.cases.draft import CUSTOMER, Draft, slug, text_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words import alerts, grants, held, spend, wallets, weights
from tests.cases.words.fees import invoices
from tests.cases.words.outcomes import MONTHS, in_month, outcomes
from tests.cases.words.quantity import FREE
from tests.cases.words.sessions import granted_seconds
from tests.cases.words.shares import PARTNER, legs
from tests.cases.words.taxes import RULE as TAX
from tests.cases.words.times import without_date
from tests.cases.words.tokens import INPUT, OUTPUT

Comparer = Callable[[Draft, Any], None]


def read_expect(draft: Draft, expect: Fields) -> None:
    """Every field by its comparer."""
    for name, value in expect.rest():
        _WORDS[without_date(name)](draft, value)


def known_fields() -> set[str]:
    """All fields that `expect` may have, without the days that they tell."""
    return {*_WORDS, *LATER}


def _total(draft: Draft, value: str) -> None:
    """What is charged, or what the notes say that the total is."""
    if wallets.total(draft, value):
        return
    if "total is the tax" in draft.notes:
        _tax(draft, value)
    elif "total is the share of the partner" in draft.notes:
        _partner(draft, value)
    elif draft.is_made_alone:
        spend.true_up(draft, value)
    else:
        month = {} if draft.month is None else {"month": draft.month}
        draft.sum(amount=text_of(draft.sign * Decimal(value) / draft.unit_of_money), **month)


def _lines_minor(draft: Draft, values: list[str]) -> None:
    """One amount a charge that no usage made, in minor units."""
    for name, value in zip(draft.made, values, strict=True):
        draft.sum(charges=[name], amount=text_of(Decimal(value) / draft.unit_of_money))


def _net_minor(draft: Draft, value: str) -> None:
    draft.sum(charges=draft.made, amount=text_of(Decimal(value) / draft.unit_of_money))


def _amounts(draft: Draft, values: list[str]) -> None:
    """One amount an event, in their order."""
    if len(values) != len(draft.now):
        raise UnknownField(f"expect: {len(values)} amounts of {len(draft.now)} events")
    for event, value in zip(draft.now, values, strict=True):
        draft.sum(charges=[event.id], amount=value)


def _booked(draft: Draft, values: list[str]) -> None:
    _amounts(draft, values)


def _lines(draft: Draft, values: list[Any]) -> None:
    """Lines by tier; by plan where there are several; else in their order."""
    lines = each(values, "expect.lines")
    if any(line.peek("kind") == spend.MINIMUM for line in lines):
        spend.minimum_lines(draft, values)
    elif all("tier" in line for line in lines):
        for line in lines:
            _line_of_tier(draft, line)
    elif len(draft.plans) > 1:
        for plan, line in zip(draft.plans, lines, strict=True):
            draft.sum(price_plan=plan.id, amount=line.take("amount"))
            line.done()
    elif len(draft.now) == 1 and all("amount" in line for line in lines):
        words = [{"amount": line.take("amount")} for line in lines]
        for line in lines:
            line.done()
        draft.expect("charges", {"id": draft.now[0].id, "lines": words})
    else:
        for line in lines:
            _line_of_dimension(draft, line)


def _line_of_tier(draft: Draft, line: Fields) -> None:
    words = {word: line.take(word) for word in ("amount", "quantity") if word in line}
    kind = line.take("kind", "unit")
    if kind != "unit":
        raise UnknownField(f"{line.path}.kind: {kind!r}")
    draft.sum(detail={"tier": line.take("tier")}, **words)
    line.done()


def _line_of_dimension(draft: Draft, line: Fields) -> None:
    """`{<dimension>: amount}`; with `_<n>_min` the billed minutes too."""
    for name, amount in line.rest():
        dimension, _, billed = name.partition("_")
        words = {"amount": amount}
        if billed:
            words["quantity"] = billed.partition("_")[0]
        draft.sum(detail={"dimension": _DIMENSIONS[dimension]}, **words)


_DIMENSIONS: Final = {"flat": "flat", "charging": "time", "parking": "parking", "energy": "energy"}


def _balances(draft: Draft, values: dict[str, str]) -> None:
    for name, remaining in grants.left_over(draft, values):
        if name in draft.credits:
            wallets.left(draft, name, Decimal(remaining))
            continue
        if name != "money":
            raise NotYet("several balances")
        _balance(draft, remaining)


def _balance(draft: Draft, remaining: str) -> None:
    if not grants.balance(draft, remaining):
        words = {"account": CUSTOMER, "resource": draft.currency, "remaining": remaining}
        draft.expect("balances", words)


def _billed_quantity(draft: Draft, value: str) -> None:
    """What is left to be paid; after an allowance at a price of 1 that is the amount."""
    word = "amount" if _has_allowance(draft) else "quantity"
    draft.sum(units=[draft.unit], **{word: value})


def _has_allowance(draft: Draft) -> bool:
    return "allowances" in draft.sections


def _billed_quantities(draft: Draft, values: list[str]) -> None:
    _amounts(draft, values)


def _free_now(draft: Draft, value: str) -> None:
    _need_allowance(draft)
    draft.sum(rule="allowance", price=FREE, quantity=value)


def _need_allowance(draft: Draft) -> None:
    if not _has_allowance(draft):
        raise NotYet("what free units of a measure are used")


def _free_before(draft: Draft, value: str) -> None:
    _need_allowance(draft)
    before = [event.id for event in draft.events if event.is_prior]
    draft.sum(charges=before, rule="allowance", price=FREE, quantity=value)


def _free_left(draft: Draft, values: list[str]) -> None:
    """After each event: what the events up to it have not used."""
    _need_allowance(draft)
    assert draft.free_units is not None
    for number, left in enumerate(values, start=1):
        used = text_of(draft.free_units - Decimal(left))
        first = [event.id for event in draft.now[:number]]
        draft.sum(charges=first, rule="allowance", price=FREE, quantity=used)


def _input(draft: Draft, value: str) -> None:
    draft.sum(units=INPUT, amount=value)


def _output(draft: Draft, value: str) -> None:
    draft.sum(units=OUTPUT, amount=value)


def _packages(draft: Draft, value: str) -> None:
    if value == "0":
        draft.sum(rule="package", amount=value)
    else:
        draft.sum(detail={"packages": value}, count=1)


def _line_count(draft: Draft, value: str) -> None:
    draft.sum(count=int(value))


def _error(draft: Draft, value: str) -> None:
    if value != "quantity not covered":
        raise UnknownField(f"expect.error: {value!r}")
    for event in draft.now:
        draft.expect("verdicts", {"id": event.id, "verdict": "suspended", "code": "no_price"})


def _rated(draft: Draft, value: bool) -> None:
    """Not rated: nobody has the service, or no zone has the number."""
    if not value:
        code = "unknown_service" if draft.services == [] else "no_zone"
        for event in draft.now:
            draft.expect("verdicts", {"id": event.id, "verdict": "suspended", "code": code})


def _connect_fee(draft: Draft, value: str) -> None:
    draft.sum(detail={"part": "connect_fee"}, amount=value)


def _interval(draft: Draft, value: str) -> None:
    draft.sum(rule="per_unit", detail={"band": slug(value)}, count=1)


def _spans(draft: Draft, value: str) -> None:
    draft.sum(rule="per_unit", count=int(value))


def _average(draft: Draft, value: str) -> None:
    """The unit amount of the one line."""
    line = {"unit_amount": value}
    draft.expect("charges", {"id": draft.now[0].id, "lines": [line]})


def _paid(draft: Draft, value: str) -> None:
    """The part of the events' money that a percentage was taken of."""
    draft.sum(rule="percentage", quantity=value)


def _free_amount(draft: Draft, value: str) -> None:
    draft.sum(rule="free", quantity=value)


def _fixed_part(draft: Draft, value: str) -> None:
    """The fixed amounts of all paid events."""
    each_event = draft.fixed_amount
    count = int(Decimal(value) / each_event) if each_event else 0
    draft.sum(rule="percentage", detail={"fixed": text_of(trimmed(each_event))}, count=count)


def _without_tax(draft: Draft, value: str) -> None:
    draft.sum(without=[TAX], amount=value)


def _with_tax(draft: Draft, value: str | None) -> None:
    """Where the tax is not known, neither is this."""
    if value is not None:
        draft.sum(amount=value)


def _tax(draft: Draft, value: str) -> None:
    if "taxes" not in draft.sections:
        raise NotYet("a tax whose rate no field tells")
    draft.sum(rule=TAX, amount=value)


def _taxes(draft: Draft, values: list[str]) -> None:
    for event, value in zip(draft.now, values, strict=True):
        draft.sum(charges=[event.id], rule=TAX, amount=value)


def _partner(draft: Draft, value: str) -> None:
    _counter(draft, PARTNER, value)


def _platform(draft: Draft, value: str) -> None:
    _counter(draft, "revenue", value)


def _counter(draft: Draft, ledger_account: str, value: str) -> None:
    words = {"ledger_account": ledger_account, "resource": draft.currency, "total": value}
    draft.expect("counters", words)


def _control(draft: Draft, value: str) -> None:
    """What is left where all receivers have had theirs."""
    _counter(draft, "revenue", _from_cents(value))


def _received(draft: Draft, values: dict[str, str]) -> None:
    for name, value in values.items():
        _counter(draft, f"partner_payable:{slug(name)}", _from_cents(value))


def _after_each(draft: Draft, values: list[Any]) -> None:
    """Running sums after each event."""
    if wallets.after_each(draft, values) or weights.after_each(draft, values):
        return
    if grants.after_each(draft, values):
        return
    for number, after in enumerate(each(values, "expect.after_each"), start=1):
        first = [event.id for event in draft.now[:number]]
        for name, value in after.rest():
            if name == "amount_cents":
                draft.sum(charges=first, without=[TAX], amount=_from_cents(value))
            elif name == "total_with_tax_cents":
                draft.sum(charges=first, amount=_from_cents(value))
            elif name in _LATER_AFTER_EACH:
                raise NotYet("balances after each step")
            else:
                raise UnknownField(f"{after.path}.{name}")


_LATER_AFTER_EACH: Final = {
    *("remaining", "rollovers", "sms", "money"),
    *("balance_cents", "ongoing_balance_cents", "ongoing_usage_cents"),
}


def _from_cents(value: str) -> str:
    return text_of(Decimal(value) / 100)


def _credit(draft: Draft, value: str) -> None:
    """A credit on a fee of 100 is its percent."""
    draft.sign = -1
    draft.sum(amount=text_of(-Decimal(value)))


_WORDS: Final[dict[str, Comparer]] = {
    "invoices": invoices,
    "lines_minor": _lines_minor,
    "net_minor": _net_minor,
    "total_with_tax_cents": _total,
    "credit_percent": _credit,
    "total": _total,
    "granted_s": granted_seconds,
    "amounts": _amounts,
    "per_event": _amounts,
    "booked": _booked,
    "lines": _lines,
    "balances": _balances,
    "balance": _balance,
    "billed_quantity": _billed_quantity,
    "billed_quantities": _billed_quantities,
    "free_units_used_now": _free_now,
    "free_units_used_before": _free_before,
    "free_units_left": _free_left,
    "input": _input,
    "output": _output,
    "packages": _packages,
    "line_count": _line_count,
    "error": _error,
    "rated": _rated,
    "connect_fee": _connect_fee,
    "interval": _interval,
    "paid_amount": _paid,
    "free_amount_used": _free_amount,
    "fixed_part": _fixed_part,
    "spans": _spans,
    "average_unit_amount": _average,
    "outcomes": outcomes,
    **{month: partial(in_month, month) for month in MONTHS},
    "total_excl_tax": _without_tax,
    "total_incl_tax": _with_tax,
    "tax": _tax,
    "taxes": _taxes,
    "partner": _partner,
    "platform": _platform,
    "after_each": _after_each,
    "control_minor": _control,
    "credits_minor": _received,
    "legs": legs,
    **spend.WORDS,
    **wallets.WORDS,
    "overage": grants.overage,
    "usage_in_period": grants.used,
    "usage_since_reset": grants.since_reset,
    "granted_total": grants.granted,
    "segments": grants.segments,
    "amount_cents_after_each": held.amounts_after_each,
    "units_after_each": held.units_after_each,
    "invoice_cents": held.invoice,
    "events": held.events,
    "per_bucket": held.per_bucket,
    "per_group": held.per_group,
    "alerts": alerts.alerts,
    "last_value": alerts.last_value,
}

LATER: Final[dict[str, str]] = {
    "after_rerate": "re-rating",
    "debited": "credit pool",
    "duplicate": "batches",
    "first_pass": "re-rating",
    "granted": "credit pool",
    "on_exhaustion": "credit pool",
    "pool_units": "credit pool",
    "remaining": "several balances",
    "reservation_after_2": "credit pool",
    "S": "credit pool",
    "usage_total": "several grants",
    "A_debits_after_each": "ledger transfers",
    "action": "several balances",
    "credits": "several balances",
}
"""Fields that wait for a word of scenarios or catalogs: which one."""
