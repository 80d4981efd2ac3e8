"""Settlements: charged when a period has ended, by what the account's totals have come to.

What runs under one name of a price plan is settled together, whichever services it runs for: the
days count once on which any of them is assigned. A service that is assigned afterwards for a time
before has the days settled that had not been.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from streams.due.fee_step import FeeStep
from streams.due.made import last_of, make_record, moment
from streams.due.moment import AccountMoment
from streams.model.account import Accumulators, RunningFee
from streams.model.billing_period import period_at
from streams.model.days import Share, day_of
from streams.model.instant import Instant, Period, month_of
from streams.model.money import Quantity
from streams.model.rated import ChargeLine
from streams.model.tally import Tally
from streams.model.usage import Usage
from streams.rate.offer import rate_usage
from streams.rate.settlement import Settlement, TotalOf
from streams.state import Table

_MARK: Final = ":"
"""What the names of settlements have, and those of fees do not."""

Group = Sequence[RunningFee]
"""What runs under one name of a price plan, and is not settled to its end."""


def is_settling(running: RunningFee) -> bool:
    """True for what is settled at the end of periods, and is no fee."""
    return _MARK in running.fee


def trimmed_end(running: RunningFee) -> RunningFee:
    """What is settled past its end stays so: there is nothing to give back."""
    end = max(running.end, running.start)
    return replace(running, until=end) if running.until > end else running


def next_settlement(group: Group, at: AccountMoment) -> FeeStep | None:
    """When the first period is settled that is not; None where the catalog knows nothing of it."""
    found = _settlement(group, at)
    if found is None:
        return None
    period = _period(group, found, at)
    due = period.end + at.plan_at(period.end).grace
    return FeeStep(period.end, due, is_credit=False, is_end=True, rank=found.rank)


def settle_period(group: Group, at: AccountMoment) -> list[RunningFee] | None:
    """Settle the first period; all of the group as it runs on. None where it cannot be done yet."""
    found = _settlement(group, at)
    assert found is not None
    period = _period(group, found, at)
    share = _share(group, found, period, at.account.time_zone)
    if share.part:
        lines = found.lines(_totals(found, period, at), share) if _is_asked(found, at) else []
        if lines and not _charge(group, found, period, at, lines=lines):
            return None
    return [
        replace(each, until=max(each.until, min(each.end, period.end)))
        if each.start < period.end
        else each
        for each in group
    ]


def _settlement(group: Group, at: AccountMoment) -> Settlement | None:
    begin = min(each.until for each in group)
    price_plan = at.plan_at(begin).price_plans.get(group[0].price_plan)
    return None if price_plan is None else price_plan.settlements.get(group[0].fee)


def _period(group: Group, found: Settlement, at: AccountMoment) -> Period:
    begin = min(each.until for each in group)
    return period_at(begin, found.every, at.account.time_zone)


def _share(group: Group, found: Settlement, period: Period, zone_name: str) -> Share:
    """The part of the period that any of the group runs for and that has not been settled."""
    if found.proration == "full":
        return Share(1, 1)
    runs = [_within(each.start, each.end, period) for each in group]
    settled = [_within(each.start, each.until, period) for each in group]
    if found.by == "day":
        runs, settled = _in_days(runs, zone_name), _in_days(settled, zone_name)
        (period,) = _in_days([period], zone_name)
    whole = period.end - period.start
    part = _length([*runs, *settled]) - _length(settled)
    if found.proration == "none":
        return Share(whole if part == whole else 0, whole)
    return Share(part, whole)


def _within(start: Instant, end: Instant, period: Period) -> Period:
    start = max(start, period.start)
    return Period(start, max(start, min(end, period.end)))


def _in_days(spans: Sequence[Period], zone_name: str) -> list[Period]:
    """By number of the local day: a start's day counts whole, an end's does not."""
    return [Period(day_of(span.start, zone_name), day_of(span.end, zone_name)) for span in spans]


def _length(spans: Sequence[Period]) -> int:
    """How much all of them cover together."""
    covered, up_to = 0, None
    for start, end in sorted(spans):
        begin = start if up_to is None else max(start, up_to)
        if end > begin:
            covered += end - begin
            up_to = end
    return covered


def _is_asked(found: Settlement, at: AccountMoment) -> bool:
    """What all accounts of a root have come to together is settled with the root."""
    return not found.of_group or at.account.root == at.account.account


def _totals(found: Settlement, period: Period, at: AccountMoment) -> TotalOf:
    held: Accumulators = at.state.get(Table.ACCUMULATORS, at.key) or Accumulators()
    told = held.totals
    if found.of_group:
        key = at.key + b"\0" + found.of_group.encode()
        tally: Tally | None = at.state.get(Table.TALLIES, key)
        told = () if tally is None else tally.totals
    totals = {name: total for name, start, _, total in told if start == period.start}

    def total_of(name: str) -> Quantity:
        return totals.get(name, 0)

    return total_of


def _charge(
    group: Group, found: Settlement, period: Period, at: AccountMoment, *, lines: list[ChargeLine]
) -> bool:
    """Make the charge; False where that cannot be done."""
    account, offer = at.account, found.offer
    if offer.plan.currency != account.currency:
        return False
    first = min(group, key=lambda each: each.until)
    name = first.fee.partition(_MARK)[2]
    event_id = f"{account.account}/{first.service_id or first.price_plan}/{name}"
    event_id = f"{event_id}/{moment(period.start)}"
    if first.opened > 1:
        event_id += f"#{first.opened}"
    happened = last_of(period.end)
    record = make_record(
        found.usage_type,
        tenant=account.tenant,
        root=account.root,
        event_id=event_id,
        span=Period(happened, happened),
        service_id=first.service_id,
        usages=(Usage(found.usage_type, 1),),
        attributes={
            "settles": name,
            "price_plan": first.price_plan,
            "from": moment(period.start),
            "until": moment(period.end),
        },
    )
    month = month_of(happened, account.time_zone)
    rating = at.rating_of(record, offer, at.assignment_of(first), month)
    rating.lines = lines
    if rate_usage(rating, offer) is not None:
        return False
    return at.settle(rating, offer.product) is None
