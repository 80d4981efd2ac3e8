"""Shares of a charge: for a partner, for several receivers, for one in another currency."""

from decimal import Decimal
from typing import Any, Final

from connectors.catalog.currencies import minor_digits
from tests.cases.draft import CUSTOMER, MONEY, PLAN, SERVICE, Draft, slug, text_of
from tests.cases.fields import Fields, each

_NAME: Final = "partner"
PARTNER: Final = f"partner_payable:{_NAME}"
"""The ledger account of the partner."""
_PROVIDER: Final = "liquidity-provider"


def split(draft: Draft, given: Fields) -> None:
    """`split`: the partner's percent of what is charged, or of what is left of it."""
    fields = Fields(given.take("split"), "given.split")
    percent, basis = fields.take("partner_percent"), fields.take("basis")
    partner(draft, _NAME, draft.currency)
    share = {"id": "split", "partner": _NAME, "percent": percent, "basis": basis}
    draft.section("revenue_shares", share)
    fields.done()


def partner(draft: Draft, name: str, currency: str) -> None:
    """Someone who gets shares, declared."""
    draft.section("partners", {"id": name, "currency": currency})


def receivers(draft: Draft, received: list[tuple[str, Decimal]]) -> None:
    """Who gets how much, filled in order from what the payers bring, in their order."""
    left = [[event.attributes["payer"], event.amount or Decimal(0)] for event in draft.events]
    for number, (name, amount) in enumerate(received, start=1):
        partner(draft, slug(name), draft.currency)
        for place, (payer, there) in enumerate(left):
            part = min(amount, there)
            if not part:
                continue
            share = {
                "id": f"part-{number}-{place}",
                "partner": slug(name),
                "amount": text_of(part),
                "when": {"payer": payer},
            }
            draft.section("revenue_shares", share)
            left[place][1] -= part
            amount -= part


def payer(draft: Draft, name: str) -> str:
    """The service of a payer, an account of its own."""
    service = f"{SERVICE}-{slug(name)}"
    services = [{"service": service, "price_plan": PLAN}]
    account = {"account": slug(name), "currency": draft.currency, "services": services}
    if account not in draft.accounts:
        draft.accounts.append(account)
    return service


def exchange(draft: Draft, given: Fields) -> None:
    """`rate`, `fee`: what one unit is worth in the receiver's currency, and what that costs."""
    draft.exchange_rate = given.take("rate")
    draft.exchange_fee = given.take("fee")
    price: dict[str, Any] = {"per_unit": {"amounts": {MONEY: "1"}}}
    if draft.exchange_fee is not None:
        fee = {"flat": {"units": [MONEY], "amount": draft.exchange_fee}}
        price = {"composite": {"parts": [price, fee]}}
    draft.plan.rows.append(price)


def legs(draft: Draft, values: list[Any]) -> None:
    """Each leg from the payer is a line, in order; the one to the receiver is what he is owed."""
    payed: list[dict[str, Any]] = []
    for leg in each(values, "expect.legs"):
        currency = leg.take("currency")
        amount = _major(leg.take("minor"), currency)
        if "from" in leg:
            draft.currency, draft.digits = currency, minor_digits(currency)
            leg.take("from")
            payed.append({"amount": amount})
        else:
            _receive(draft, slug(leg.take("to")), currency, amount)
        leg.done()
    for event in draft.now:
        shares = [{"rule": "share"} for _ in draft.sections["revenue_shares"]]
        draft.expect("charges", {"id": event.id, "lines": payed + shares})
    owed = sum((Decimal(line["amount"]) for line in payed), Decimal(0))
    account = {"account": CUSTOMER, "resource": draft.currency, "remaining": text_of(-owed)}
    draft.expect("balances", account)


def _receive(draft: Draft, name: str, currency: str, amount: str) -> None:
    draft.currencies.append({"code": currency})
    rate = {"from": draft.currency, "to": currency, "rate": draft.exchange_rate}
    draft.section("exchange_rates", rate | {"since": "2000-01-01"})
    if draft.exchange_fee is not None:
        partner(draft, _PROVIDER, draft.currency)
        fee = {"partner": _PROVIDER, "amount": draft.exchange_fee, "currency": draft.currency}
        draft.section("revenue_shares", {"id": "fee", **fee})
    partner(draft, name, currency)
    draft.section("revenue_shares", {"id": "payment", "partner": name, "rest": "true"})
    for ledger_account, resource, total in (
        (f"partner_payable:{name}", currency, amount),
        ("exchange", currency, f"-{amount}"),
        ("revenue", draft.currency, "0"),
    ):
        counter = {"ledger_account": ledger_account, "resource": resource, "total": total}
        draft.expect("counters", counter)


def _major(minor: str, currency: str) -> str:
    return text_of(Decimal(minor).scaleb(-minor_digits(currency)))
