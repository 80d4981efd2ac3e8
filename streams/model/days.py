"""Parts of a billing period, as exact shares: in days of the local calendar, or in elapsed time."""

from fractions import Fraction
from typing import NamedTuple

from streams.model.billing_period import BillingPeriod, period_at
from streams.model.fee import ProrateBy
from streams.model.instant import DAY, Instant, Period, offset_at

SHARE = "share"
"""What says a share, in a line and in a made record: `24/31`."""


class Share(NamedTuple):
    """`part` of `whole`, in days or microseconds; the part may be more than the whole."""

    part: int
    whole: int


def days_of(span: Period, zone_name: str) -> int:
    """The days that begin within the span, by the local calendar; its first day counts whole."""
    return day_of(span.end, zone_name) - day_of(span.start, zone_name)


def share_of(span: Period, every: BillingPeriod, by: ProrateBy, zone_name: str) -> Share:
    """How many periods the span is: of several, the parts of each of them, added up."""
    first = period_at(span.start, every, zone_name)
    share = _part_of(first, Period(span.start, min(first.end, span.end)), by, zone_name)
    if span.end <= first.end:
        return share
    total, start = Fraction(*share), first.end
    while start < span.end:
        period = period_at(start, every, zone_name)
        part = Period(start, min(period.end, span.end))
        total += Fraction(*_part_of(period, part, by, zone_name))
        start = period.end
    return Share(total.numerator, total.denominator)


def _part_of(period: Period, span: Period, by: ProrateBy, zone_name: str) -> Share:
    whole = days_of(period, zone_name)
    if by == "exact" or not whole:
        return Share(span.end - span.start, period.end - period.start)
    return Share(days_of(span, zone_name), whole)


def day_of(at: Instant, zone_name: str) -> int:
    """The number of the local day."""
    return (at + offset_at(at, zone_name)) // DAY
