"""Units that stay: each counts for its part of a month, and whole in every month after it."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tests.cases.draft import BEGIN, CUSTOMER, SERVICE, USAGE_TYPE, Draft, Event, Words, text_of
from tests.cases.fields import Fields, NotYet, UnknownField

_MONTHS: Final = {days: datetime(2025, month, 1, tzinfo=UTC) for days, month in ((30, 4), (31, 5))}
ZERO: Final = Decimal(0)
LAST_MONTH: Final = "the last month"
_NEAR: Final = Decimal("0.001")


def prorated(draft: Draft, given: Fields) -> None:
    """`prorated`: units count by the day."""
    if given.take("prorated"):
        _hold(draft, "day")
        _place(draft)
    _period(draft, given)


def recurring(draft: Draft, given: Fields) -> None:
    """`recurring: true`: what is held at a month's end is held in the next month too."""
    given.take("recurring")
    if not draft.held and "prorated" not in given:
        raise NotYet("units that stay without proration")


def aggregation(draft: Draft, given: Fields) -> None:
    """`aggregation`: a sum, or one where each quantity counts by the time it was there."""
    name = given.take("aggregation")
    if name == "weighted_sum":
        _hold(draft, "exact")
        _period(draft, given)
    elif name == "max per bucket":
        _highest(draft)
    elif name == "sum" and given.peek("period") == LAST_MONTH:
        given.take("period")
        draft.month = f"{BEGIN:%Y-%m}"
    elif name != "sum" or not draft.held:
        raise NotYet("aggregation")


def group_by(draft: Draft, given: Fields) -> None:
    """`group_by`: tiers of their own for each combination of these attributes."""
    names = given.take("group_by")
    draft.attributes |= set(names)
    for accumulator in draft.sections.get("accumulators", ()):
        accumulator["by"] = names


def per_group(draft: Draft, values: list[str]) -> None:
    """One amount for each group, in the order in which they come."""
    groups: dict[str, list[str]] = {}
    for event in draft.now:
        groups.setdefault(str(sorted(event.attributes.items())), []).append(event.id)
    for names, value in zip(groups.values(), values, strict=True):
        draft.sum(charges=names, amount=value)


def bucket(draft: Draft, event: Event, value: str) -> None:
    """`bucket`: a span of time with a number, here an hour."""
    event.bucket = value
    event.at = BEGIN + timedelta(hours=int(value))


def per_bucket(draft: Draft, values: list[str]) -> None:
    """One amount for each bucket."""
    buckets: dict[str, list[str]] = {}
    for event in draft.now:
        buckets.setdefault(event.bucket, []).append(event.id)
    for names, value in zip(buckets.values(), values, strict=True):
        draft.sum(charges=names, amount=value)


def _highest(draft: Draft) -> None:
    """Of each bucket the highest value counts, and is priced by itself."""
    name = draft.reference(draft.unit)
    for accumulator in draft.sections["accumulators"]:
        accumulator["period"] = "hour"
    measure = {"aggregate": "max", "reference": name}
    for plan in draft.plans:
        plan.offer["measures"] = {draft.unit: measure}


def prorated_quantity(draft: Draft, event: Event, value: str) -> None:
    """`prorated_quantity`: of the event's quantity, for its part of the period."""
    event.prorated = Decimal(value)


def amounts_after_each(draft: Draft, values: list[str]) -> None:
    """What the month of each event comes to after it, in cents."""
    draft.compared_at = 2
    _after_each(draft, values, lambda value: {"amount": text_of(Decimal(value) / 100)})


def units_after_each(draft: Draft, values: list[str]) -> None:
    """How many units are held after each event."""
    _after_each(draft, values, lambda value: {"quantity": value})


def invoice(draft: Draft, value: str) -> None:
    """What the first month comes to, in cents."""
    first = f"{draft.events[0].at:%Y-%m}"
    names = [event.id for event in draft.events if f"{event.at:%Y-%m}" == first]
    draft.sum(charges=names, amount=text_of(Decimal(value) / 100))


def events(draft: Draft, value: str) -> None:
    """How many events there are in the period: each is charged."""
    counted = [e for e in draft.now if draft.month is None or f"{e.at:%Y-%m}" == draft.month]
    if int(value) != len(counted):
        raise UnknownField(f"expect.events: {value!r}")


def _hold(draft: Draft, by: str) -> None:
    draft.held = "change"
    for plan in draft.plans:
        plan.offer["prorate"] = by


def _period(draft: Draft, given: Fields) -> None:
    """`period`: the calendar month, which the total is of."""
    period: Any = given.take("period")
    if isinstance(period, dict):
        start = datetime.fromisoformat(period["start"])
        end = datetime.fromisoformat(period["end"]) + timedelta(seconds=1)
        if (start.day, end.day) != (1, 1) or not timedelta(28) <= end - start < timedelta(32):
            raise NotYet("a period of held units that is no month")
        draft.month = f"{start:%Y-%m}"
        if draft.digits < 12:
            draft.over = "period"
    elif period not in (None, "calendar month, UTC"):
        raise UnknownField(f"given.period: {period!r}")


def _place(draft: Draft) -> None:
    """The days that make the quantities what they are told to be for their part of a month."""
    placed = [event for event in draft.events if event.prorated is not None and event.quantity]
    shares = [abs((event.prorated or ZERO) / (event.quantity or Decimal(1))) for event in placed]
    for days, start in _MONTHS.items() if placed else ():
        left = [(share * days).quantize(Decimal(1), ROUND_HALF_EVEN) for share in shares]
        if all(abs(share * days - day) < _NEAR for share, day in zip(shares, left, strict=True)):
            for event, day in zip(placed, left, strict=True):
                event.at = start + timedelta(days=days - int(day))
            return
    if placed:
        raise NotYet("shares of no whole days")


def _after_each(draft: Draft, values: list[str], words: Any) -> None:
    if len(values) != len(draft.now):
        raise UnknownField(f"expect: {len(values)} values of {len(draft.now)} events")
    for number, value in enumerate(values):
        event = draft.now[number]
        month = f"{event.at:%Y-%m}"
        names = [each.id for each in draft.now[: number + 1] if f"{each.at:%Y-%m}" == month]
        carried = f"{USAGE_TYPE}/{CUSTOMER}/{SERVICE}/{month}-01T00:00:00Z"
        told: Words = words(value)
        draft.sum(charges=[carried, *names], **told)
