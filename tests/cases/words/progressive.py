"""Invoices that are cut before a period ends, as usage reaches an amount.

What such an invoice comes to is what usage has cost since the last one; the level that it is cut at
fires an alert. That of a month's end is the month's charges without what was invoiced in it.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, SERVICE, Draft, text_of, time_of
from tests.cases.fields import Fields, NotYet, UnknownField, each

TERMINATE: Final = "terminate"
_SPENT: Final = "spent"
_LEVEL: Final = "progressive"
_FEE: Final = "base"
_FROM: Final = "calendar month from "
_CENTS: Final = Decimal(100)


def monthly_fee(draft: Draft, given: Fields) -> None:
    """`monthly_fee_cents` in arrears, and `thresholds_cents` on all that usage has ever cost."""
    billed, period = given.take("monthly_fee_billing"), given.take("period")
    if billed != "in arrears" or not period.startswith(_FROM):
        raise UnknownField(f"given: a fee {billed!r}, by {period!r}")
    draft.digits, draft.rounding = 2, "half_up"
    amount = text_of(given.number("monthly_fee_cents") / _CENTS)
    fee = {"id": _FEE, "amount": amount, "every": "month", "charged": "arrears"}
    draft.plan.words["fees"] = [fee]
    ended = [event.at + timedelta(days=1) for event in draft.due if event.falls_due == TERMINATE]
    service = {"service": SERVICE, "price_plan": draft.plan.id}
    service["from"] = period.removeprefix(_FROM)
    if ended:
        service["until"] = time_of(ended[0])
    draft.services = [service]
    draft.section("accumulators", {"id": _SPENT, "sums": "amount", "period": "life"})
    draft.impact(_SPENT)
    levels = [text_of(Decimal(each) / _CENTS) for each in given.take("thresholds_cents")]
    words: dict[str, Any] = {"watch": "accumulator", "resource": _SPENT, "levels": levels}
    recurring = given.take("recurring_threshold_cents")
    if recurring is not None:
        words["every"] = text_of(Decimal(recurring) / _CENTS)
    draft.section("thresholds", {"id": _LEVEL} | words)


def is_progressive(draft: Draft) -> bool:
    """True where the case is of such invoices."""
    return any(each["id"] == _LEVEL for each in draft.sections.get("thresholds", ()))


def invoices(draft: Draft, values: list[dict[str, Any]]) -> None:
    """Each by what it adds to those before it of its month; and which levels fired."""
    levels = _levels(draft)
    month, cut, ever = "", Decimal(0), Decimal(0)
    draft.then.setdefault("alerts", [])
    ends = [event.at for event in draft.due if event.falls_due == TERMINATE]
    for invoice in each(values, "expect.invoices"):
        at = datetime.fromisoformat(invoice.take("t")).replace(tzinfo=UTC)
        total = invoice.number("total_cents") / _CENTS
        is_end = at.day == 1 or at in ends
        of = at - timedelta(days=1) if at.day == 1 else at
        if f"{of:%Y-%m}" != month:
            month, cut = f"{of:%Y-%m}", Decimal(0)
        if is_end:
            _of_month(draft, invoice, month, total=total, cut=cut)
            draft.timed.append((_after(at), {"tick": time_of(_after(at))}))
            continue
        invoice.done()
        used = [event for event in draft.now if f"{event.at:%Y-%m}" == month and event.at <= at]
        cut += total
        draft.sum(charges=[event.id for event in used], amount=text_of(cut))
        before = ever
        ever = _cost_up_to(draft, at)
        for level in levels:
            if before < level <= ever:
                draft.expect("alerts", _crossed(level, ever))
    _tell_the_rest(draft, levels, ever)


def _levels(draft: Draft) -> list[Decimal]:
    """All levels that the case may reach: those that are listed, and those that recur after."""
    words = draft.sections["thresholds"][0]
    levels = [Decimal(level) for level in words["levels"]]
    if "every" in words:
        most = _cost_up_to(draft, max(event.at for event in draft.now))
        while levels[-1] + Decimal(words["every"]) <= most:
            levels.append(levels[-1] + Decimal(words["every"]))
    return levels


def _of_month(draft: Draft, invoice: Fields, month: str, *, total: Decimal, cut: Decimal) -> None:
    """What a month has come to: what is asked for now, and what was before."""
    told = invoice.number("credit_for_progressive_cents") / _CENTS
    if "fees_cents" in invoice:
        draft.sum(month=month, amount=text_of(invoice.number("fees_cents") / _CENTS))
    invoice.done()
    if told not in (0, cut):
        raise UnknownField(f"expect.invoices: {told} of {cut} was invoiced before")
    draft.sum(month=month, amount=text_of(total + cut))


def _cost_up_to(draft: Draft, at: datetime) -> Decimal:
    """What all usage has cost by then, at one price for each."""
    (row,) = draft.plan.rows
    if set(row) != {"per_unit"}:
        raise NotYet("levels of invoices by other prices")
    price = Decimal(row["per_unit"]["amounts"][draft.unit])
    used = (event.quantity or Decimal(0) for event in draft.now if event.at <= at)
    return price * sum(used, Decimal(0))


def _tell_the_rest(draft: Draft, levels: list[Decimal], ever: Decimal) -> None:
    """A level that is reached and cuts no invoice would be one too many."""
    last = _cost_up_to(draft, max(event.at for event in draft.now))
    if any(ever < level <= last for level in levels):
        raise UnknownField("expect.invoices: a level is reached that cuts none")


def _crossed(level: Decimal, value: Decimal) -> dict[str, str]:
    words = {"threshold": _LEVEL, "kind": "crossed", "account": CUSTOMER}
    return words | {"level": text_of(level), "value": text_of(value)}


def _after(at: datetime) -> datetime:
    """When a period that ended then is closed, and what is due of it is charged."""
    begin = at if at.day == 1 else at + timedelta(days=1)
    return begin + timedelta(hours=1)
