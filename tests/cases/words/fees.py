"""Fees of a plan: from when on they are paid, and what becomes of them where the plan changes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.cases.draft import CUSTOMER, SERVICE, Draft, PlanDraft, text_of
from tests.cases.fields import Fields, each
from tests.cases.words import progressive

CENTS = Decimal(100)
RECURRING = "recurring"
CHANGED, REMOVED, ADDED = "changed", "removed", "added"


def flat_cents(draft: Draft, given: Fields) -> None:
    """`flat_cents`: a plan's fee for each month, from `joined` on; then amounts are in cents."""
    amount = text_of(given.number("flat_cents") / CENTS)
    draft.plan.words["fees"] = [{"id": "base", "amount": amount, "every": "month"}]
    draft.digits, draft.rounding, draft.unit_of_money = 2, "half_up", CENTS
    given.take("period")
    joined = given.take("joined")
    draft.services = [{"service": SERVICE, "price_plan": draft.plan.id, "from": joined}]


def recurring(draft: Draft, given: Fields) -> None:
    """`recurring`: a fee in arrears; the invoices tell when its months begin."""
    fee = {"id": RECURRING, "amount": given.take("recurring"), "every": "billing"}
    draft.plan.words["fees"] = [fee | {"charged": "arrears"}]


def invoices(draft: Draft, values: list[dict[str, Any]]) -> None:
    """What was charged in each month up to the day of its invoice, also by line."""
    if progressive.is_progressive(draft):
        progressive.invoices(draft, values)
        return
    told = each(values, "expect.invoices")
    ends = [date.fromisoformat(invoice.take("t")) for invoice in told]
    day = ends[0].day
    start = (ends[0].replace(day=1) - timedelta(days=1)).replace(day=day)
    draft.section("billing_periods", {"id": "billing", "unit": "month", "anchor": {"day": day}})
    draft.services = [{"service": SERVICE, "price_plan": draft.plan.id, "from": str(start)}]
    for invoice, end in zip(told, ends, strict=True):
        names = [event.id for event in draft.now if start <= event.at.date() < end]
        fee = f"fee/{CUSTOMER}/{SERVICE}/{RECURRING}/{start}T00:00:00Z"
        for line, amount in invoice.take("lines", {}).items():
            of_line = (
                {"charges": [fee]} if line == RECURRING else {"charges": names, "units": [line]}
            )
            draft.sum(**of_line, amount=amount)
        names = [*names, fee]
        draft.sum(charges=names, amount=invoice.take("total"))
        draft.steps.append({"tick": f"{end}T01:00:00Z"})
        start = end
        invoice.done()


def change(draft: Draft, given: Fields) -> None:
    """`change`: a day on which one plan takes over from another, by their parts."""
    at, period = given.take("change"), Fields(given.take("period"), "given.period")
    start, end = period.take("start"), period.take("end")
    period.done()
    days = (date.fromisoformat(end) - date.fromisoformat(start)).days
    assert given.take("days", f"{days} ").split()[0] == str(days)
    part = Fields(given.take(CHANGED), "given.changed") if CHANGED in given else given
    old = {CHANGED: part.take("from"), REMOVED: given.take(REMOVED)}
    new = {CHANGED: part.take("to"), ADDED: given.take(ADDED)}
    draft.section(
        "billing_periods", {"id": "period", "unit": "day", "every": days, "anchor": {"at": start}}
    )
    draft.digits, draft.unit_of_money = 2, CENTS
    draft.plans = [PlanDraft("old", words=_fees(old)), PlanDraft("new", words=_fees(new))]
    draft.services = [{"service": SERVICE, "price_plan": "old", "from": start}]
    follows = {"service": SERVICE, "price_plan": "new", "account": CUSTOMER, "from": at}
    draft.steps.append({"service": follows})
    for name in (CHANGED, REMOVED, ADDED):
        place = f"fee/{CUSTOMER}/{SERVICE}/{name}/{at}T00:00:00Z"
        draft.made += [f"{place}/credit"] if old.get(name) is not None else []
        draft.made += [f"{place}#2"] if new.get(name) is not None else []


def _fees(amounts: dict[str, str | None]) -> dict[str, object]:
    fees = [
        {"id": name, "amount": amount, "every": "period"}
        for name, amount in amounts.items()
        if amount is not None
    ]
    return {"fees": fees}
