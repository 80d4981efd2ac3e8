"""The quantity of a fee that usage drives, over its period: arithmetic, nothing is charged."""

from collections.abc import Iterator

from msgspec.structs import replace

from streams.model.account import Driven, RunningFee
from streams.model.instant import Instant, Period
from streams.model.money import Quantity
from streams.model.usage import UsageRecord
from streams.rate.held import DrivenChange


def changed(driven: Driven, change: DrivenChange, at: Instant) -> Driven:
    """What the fee's quantity is after a change."""
    return replace(
        driven,
        quantity=driven.quantity + change.quantity,
        changes=driven.changes + 1,
        levelled_at=max(driven.levelled_at, at) if change.is_level else driven.levelled_at,
    )


def cut_period(driven: Driven, after: Driven, at: Instant, *, start: Instant) -> Driven:
    """The period that began at `start` is cut at the change; all that follows it moves along."""
    difference = after.quantity - driven.quantity
    since = driven.since or ((start, driven.quantity),)
    at = max(at, start)
    before = [each for each in since if each[0] < at]
    later = [each for each in since if each[0] > at]
    level = next((quantity for begin, quantity in reversed(since) if begin <= at))
    cut = [*before, (at, level + difference)]
    cut += [(begin, quantity + difference) for begin, quantity in later]
    return replace(after, since=tuple(cut))


def first_of(driven: Driven) -> Quantity:
    """The quantity with which the period that runs began."""
    return driven.since[0][1] if driven.since else driven.quantity


def parts_of_period(driven: Driven, span: Period) -> Iterator[tuple[Period, Quantity]]:
    """The span cut where the quantity changed, each part with its quantity."""
    since = driven.since or ((span.start, driven.quantity),)
    ends = [begin for begin, _ in since[1:]] + [span.end]
    for (begin, quantity), end in zip(since, ends, strict=True):
        part = Period(begin, min(end, span.end))
        if part.start < part.end:
            yield part, quantity


def after_period(driven: Driven, end: Instant) -> Driven:
    """What is left once a period is charged: changes that came before it was over are kept."""
    since = driven.since
    later = tuple(each for each in since if each[0] > end)
    if not later:
        return replace(driven, since=())
    level = next(quantity for begin, quantity in reversed(since) if begin <= end)
    return replace(driven, since=((end, level), *later))


def driven_along(
    fees: tuple[RunningFee, ...], record: UsageRecord, change: DrivenChange, start: Instant
) -> dict[int, Instant]:
    """The places of the fees that a change of the assignment from `start` concerns, and since when.

    Beside those that it drives, fees that take over from them and go by the same rate unit.
    """
    own = {
        place: record.occurred_at
        for place, fee in enumerate(fees)
        if fee.fee in change.fees and fee.service_id == record.service_id and fee.start == start
    }
    driven = (fees[place].driven for place in own)
    units = {each.rate_unit for each in driven if each is not None}
    ends, found = {fees[place].end for place in own}, dict(own)
    for place, fee in sorted(enumerate(fees), key=lambda entry: entry[1].start):
        if (
            fee.driven is not None
            and fee.service_id == record.service_id
            and fee.driven.rate_unit in units
            and fee.start in ends
            and place not in own
        ):
            found[place] = fee.start
            ends.add(fee.end)
    return found
