"""Fees: charged as their periods begin or end, credited where a service ends before them.

What is charged goes on without a gap: a running fee knows up to when it is charged, and its next
step follows from that and from the end of its assignment alone.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from streams.accumulate.periods import fill_bucket
from streams.due.driven import after_period, changed, cut_period, first_of, parts_of_period
from streams.due.fee_step import FeeStep
from streams.due.held import take_held_step
from streams.due.made import last_of, make_record, moment
from streams.due.moment import AccountMoment
from streams.model.account import Bucket, Driven, RunningFee
from streams.model.billing_period import period_at
from streams.model.days import SHARE, days_of, share_of
from streams.model.fee import FEE, Fee
from streams.model.instant import FOREVER, Instant, Period, month_of
from streams.model.money import CONTEXT, ZERO, Quantity, quantize_line
from streams.model.usage import Usage
from streams.rate.fee import CompiledFee
from streams.rate.held import DrivenChange
from streams.rate.net import without_tax
from streams.rate.offer import rate_usage
from streams.rate.quantity import exact
from streams.rate.rating import Rating


class Part(NamedTuple):
    """A span of a fee's period, and its share of what the period costs, in days or microseconds."""

    span: Period
    share: int
    whole: int


def compiled_fee(running: RunningFee, at: Instant, moment_: AccountMoment) -> CompiledFee | None:
    """The fee as the catalog in force says; None where it says nothing of it any more."""
    price_plan = moment_.plan_at(at).price_plans.get(running.price_plan)
    return None if price_plan is None else price_plan.fees.get(running.fee)


def next_step(running: RunningFee, at: AccountMoment) -> FeeStep | None:
    """The next charge or credit of a fee; None where nothing will come."""
    end = max(running.end, running.start)
    if running.until > end:
        return FeeStep(end, end, is_credit=True, is_end=False)
    if running.until >= end:
        # What usage may still change is kept until its time is over.
        return None if is_over(running) else FeeStep(end, end, is_credit=False, is_end=True)
    if running.held is not None:
        return FeeStep(running.until, running.until, is_credit=False, is_end=False)
    compiled = compiled_fee(running, running.until, at)
    if compiled is None:
        return None
    fee = compiled.fee
    if fee.every is None or fee.charged == "forward":
        return FeeStep(running.until, running.until, is_credit=False, is_end=False)
    closes = min(period_at(running.until, fee.every, at.account.time_zone).end, end)
    return FeeStep(closes, closes + at.grace, is_credit=False, is_end=True)


def is_over(running: RunningFee) -> bool:
    """True where nothing is still to come of it, nor to be changed."""
    is_charged = running.until == max(running.end, running.start)
    return is_charged and running.held is None and running.driven is None


def ended(running: RunningFee) -> RunningFee:
    """The fee as one that is over."""
    return replace(running, until=max(running.end, running.start), held=None, driven=None)


def take_step(running: RunningFee, step: FeeStep, at: AccountMoment) -> RunningFee | None:
    """Charge or credit; the fee as it runs on. None where it cannot be charged yet."""
    if not step.is_credit and running.until >= max(running.end, running.start):
        return ended(running)
    if running.held is not None:
        return take_held_step(running, running.held, at)
    if step.is_credit:
        return _credit(running, at)
    compiled = compiled_fee(running, running.until, at)
    assert compiled is not None
    fee, start = compiled.fee, running.until
    if fee.every is None:
        part = Part(Period(start, running.end), 1, 1)
        is_done = _charge(running, compiled, part, at, is_credit=False)
        return replace(running, until=max(running.end, start)) if is_done else None
    period = period_at(start, fee.every, at.account.time_zone)
    span = Period(start, min(period.end, running.end))
    if step.is_end and running.driven is not None:
        return _charge_driven(running, running.driven, compiled, span, at)
    part = _part(fee, period, span, at.account.time_zone)
    if part.share and not _charge(running, compiled, part, at, is_credit=False):
        return None
    return replace(running, until=span.end)


def _credit(running: RunningFee, at: AccountMoment) -> RunningFee | None:
    """Take back what was charged past the end, of the last period that was charged."""
    last, zone_name = running.until - 1, at.account.time_zone
    compiled = compiled_fee(running, last, at)
    if compiled is None or compiled.fee.every is None:
        return replace(running, until=max(running.end, running.start))
    period = period_at(last, compiled.fee.every, zone_name)
    begin = max(period.start, running.start)
    keep = max(running.end, begin)
    charged = _part(compiled.fee, period, Period(begin, running.until), zone_name)
    kept = _part(compiled.fee, period, Period(begin, keep), zone_name)
    part = Part(Period(keep, running.until), charged.share - kept.share, charged.whole)
    if part.share and not _charge(running, compiled, part, at, is_credit=True):
        return None
    return replace(running, until=keep)


def _part(fee: Fee, period: Period, span: Period, zone_name: str) -> Part:
    """What the span costs of its period: by days, its first one counts and its end does not."""
    if span.end <= span.start:
        return Part(span, 0, days_of(period, zone_name) or 1)
    if span == period or fee.proration == "full":
        whole = days_of(period, zone_name) or 1
        return Part(span, whole, whole)
    if fee.proration == "none":
        return Part(span, 0, 1)
    whole = days_of(period, zone_name)
    if fee.by == "exact" or not whole:
        return Part(span, span.end - span.start, period.end - period.start)
    return Part(span, days_of(span, zone_name), whole)


def change_quantity(
    running: RunningFee, change: DrivenChange, at_time: Instant, at: AccountMoment
) -> RunningFee:
    """Usage has changed the quantity of a fee that it drives.

    What is charged already is given back for the rest, at the old quantity, and charged at the new
    one; a period that is charged as it ends is cut there.
    """
    compiled = compiled_fee(running, at_time, at)
    if compiled is None:
        return running
    fee, before = compiled.fee, running.driven or Driven(compiled.fee.driven_by)
    after = changed(before, change, at_time)
    if fee.charged == "arrears":
        after = cut_period(before, after, at_time, start=running.until)
        before = replace(before, quantity=first_of(before))
        charged = replace(after, quantity=before.quantity + change.quantity)
    else:
        charged = after
    by_part = fee.proration in ("prorate", "average")
    if at_time < running.until and fee.every is not None and by_part:
        span = Period(at_time, running.until)
        share = share_of(span, fee.every, fee.by, at.account.time_zone)
        part = Part(span, share.part, share.whole)
        for driven, is_credit in ((before, True), (charged, False)):
            if driven.quantity and part.share:
                told = replace(driven, changes=after.changes)
                told_fee = replace(running, driven=told)
                _charge(told_fee, compiled, part, at, is_credit=is_credit, is_change=True)
    return replace(running, driven=after)


def _charge_driven(
    running: RunningFee, driven: Driven, compiled: CompiledFee, span: Period, at: AccountMoment
) -> RunningFee | None:
    """Charge a period that has ended, each quantity for its part of it."""
    if compiled.offer.plan.currency != at.account.currency:
        return None
    fee, zone_name = compiled.fee, at.account.time_zone
    assert fee.every is not None
    period = period_at(span.start, fee.every, zone_name)
    if fee.proration == "average":
        return _charge_average(running, driven, compiled, span, at)
    for part_span, quantity in parts_of_period(driven, span):
        part = _part(fee, period, part_span, zone_name)
        if part.share and quantity:
            told = replace(running, driven=replace(driven, quantity=quantity))
            _charge(told, compiled, part, at, is_credit=False)
    return replace(running, until=span.end, driven=after_period(driven, span.end))


def _charge_average(
    running: RunningFee, driven: Driven, compiled: CompiledFee, span: Period, at: AccountMoment
) -> RunningFee | None:
    """Charge a period that has ended once, for the quantity that it had on average."""
    fee, zone_name = compiled.fee, at.account.time_zone
    assert fee.every is not None
    period = period_at(span.start, fee.every, zone_name)
    weighed = [
        (quantity, _part(fee, period, part_span, zone_name))
        for part_span, quantity in parts_of_period(driven, span)
    ]
    told = replace(running, driven=replace(driven, quantity=average_of(weighed)))
    if not _charge(told, compiled, Part(span, 1, 1), at, is_credit=False):
        return None
    return replace(running, until=span.end, driven=after_period(driven, span.end))


def average_of(weighed: Iterable[tuple[Quantity, Part]]) -> Quantity:
    """Quantities by the share of the period that each was there for, at twelve digits."""
    total = ZERO
    for quantity, part in weighed:
        product = CONTEXT.multiply(Decimal(quantity), part.share)
        total = CONTEXT.add(total, CONTEXT.divide(product, part.whole))
    return exact(quantize_line(total))


def quantity_of(running: RunningFee, fee: Fee) -> Quantity:
    """How many the fee is for: what it says, or what usage has driven it to."""
    if not fee.driven_by:
        return fee.quantity
    return 0 if running.driven is None else running.driven.quantity


def _charge(  # noqa: PLR0913 - a fee, a part of it, and what it is charged for
    running: RunningFee,
    compiled: CompiledFee,
    part: Part,
    at: AccountMoment,
    *,
    is_credit: bool,
    is_change: bool = False,
) -> bool:
    """Charge the part, or give it back; False where that cannot be done."""
    fee, account = compiled.fee, at.account
    if not quantity_of(running, fee):
        return True
    if compiled.offer.plan.currency != account.currency:
        return False
    record = make_record(
        FEE,
        tenant=account.tenant,
        root=account.root,
        event_id=_name(
            running, part.span.start, account.account, is_credit=is_credit, is_change=is_change
        ),
        span=_told(fee, part.span, is_credit=is_credit or is_change),
        service_id=running.service_id,
        usages=(Usage(FEE, quantity_of(running, fee)),),
        attributes=_attributes(running, part, is_credit=is_credit),
    )
    assignment = at.assignment_of(running)
    month = month_of(record.occurred_at, account.time_zone)
    rating = at.rating_of(record, compiled.offer, assignment, month)
    if rate_usage(rating, compiled.offer) is not None:
        return False
    if is_credit:
        _cut_grants(rating, fee, part.span)
    else:
        _grant(rating, fee, part, at.plan_at(part.span.start).priorities)
    return at.settle(rating, compiled.offer.product) is None


def _name(
    running: RunningFee, start: Instant, account: str, *, is_credit: bool, is_change: bool
) -> str:
    """The cause of a charge: a fee of a service, from when on, under which of its assignments.

    Of a quantity that has changed, also which change it was.
    """
    name = f"{account}/{running.service_id}/{running.fee}/{moment(start)}"
    if running.opened > 1:
        name += f"#{running.opened}"
    if is_change and running.driven is not None:
        name += f"~{running.driven.changes}"
    return f"{name}/credit" if is_credit else name


def _told(fee: Fee, span: Period, *, is_credit: bool) -> Period:
    """When the charge happened: what is due at an end still belongs to what has ended."""
    at = span.start
    if fee.charged == "arrears" and not is_credit and fee.every is not None:
        at = last_of(span.end)
    return Period(at, at)


def _attributes(running: RunningFee, part: Part, *, is_credit: bool) -> dict[str, str]:
    attributes = {"fee": running.fee, "price_plan": running.price_plan}
    if part.span.end > part.span.start:
        attributes["from"] = moment(part.span.start)
        if part.span.end != FOREVER:
            attributes["until"] = moment(part.span.end)
    if is_credit or part.share != part.whole:
        attributes[SHARE] = f"{-part.share if is_credit else part.share}/{part.whole}"
    return attributes


def _grant(rating: Rating, fee: Fee, part: Part, priorities: Mapping[str, int]) -> None:
    """Open the buckets that come with the fee, for as long as it is charged."""
    start, end = part.span
    for grant in fee.grants:
        if grant.quantity is None:
            quantity: Quantity = without_tax(rating)
        elif part.share == part.whole:
            quantity = grant.quantity
        else:
            product = CONTEXT.multiply(grant.quantity, part.share)
            quantity = quantize_line(CONTEXT.divide(product, part.whole))
        if quantity > 0:
            priority = priorities.get(grant.allowance, 0)
            fill_bucket(
                rating, Bucket(grant.allowance, start, end, quantity, quantity, priority=priority)
            )


def _cut_grants(rating: Rating, fee: Fee, span: Period) -> None:
    """What came with the fee ends where the fee is given back from."""
    granted = {grant.allowance for grant in fee.grants}
    rating.buckets[:] = [
        replace(bucket, end=max(span.start, bucket.start + 1))
        if bucket.resource in granted and bucket.end == span.end and not bucket.holder
        else bucket
        for bucket in rating.buckets
    ]
