"""Levels of thresholds: those that are listed, and those that recur after the last of them.

A level's `mark` is what stands in the account's state once it has fired. A threshold that has one
level alone goes by its own id; of several, each by its number as it is written, so that a catalog
that adds one repeats none.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from streams.model.catalog import Catalog
from streams.model.money import CONTEXT, ZERO, trimmed
from streams.model.threshold import Threshold

HUNDRED = Decimal(100)
MOST = 100
"""Levels that recur on a balance, at most: what is beyond them is not told."""


class Level(NamedTuple):
    """A level of a threshold, in the unit of what is watched."""

    threshold: str
    mark: str
    at: Decimal


def levels_of(threshold: Threshold, *, of: Decimal, last: Decimal) -> tuple[Level, ...]:
    """All levels, of which those that recur go on as far as `last`; percents are shares of `of`."""
    return (*listed(threshold, of=of), *_recurring(threshold, of, last))


def listed(threshold: Threshold, *, of: Decimal) -> tuple[Level, ...]:
    """The levels that the catalog lists."""
    numbers = threshold.percents or threshold.levels
    is_alone = len(numbers) == 1 and threshold.every is None
    return tuple(
        Level(threshold.id, threshold.id if is_alone else _mark(threshold, number), at)
        for number, at in ((number, _absolute(threshold, number, of)) for number in numbers)
    )


def _recurring(threshold: Threshold, of: Decimal, last: Decimal) -> Iterator[Level]:
    every = threshold.every
    if every is None:
        return
    numbers = threshold.percents or threshold.levels
    falls = threshold.on == "balance"
    number = min(numbers) if falls else max(numbers)
    for _ in range(MOST):
        number = CONTEXT.subtract(number, every) if falls else CONTEXT.add(number, every)
        at = _absolute(threshold, number, of)
        if at < last if falls else at > last:
            return
        yield Level(threshold.id, _mark(threshold, number), at)


def _absolute(threshold: Threshold, number: Decimal, of: Decimal) -> Decimal:
    if not threshold.percents:
        return number
    return CONTEXT.divide(CONTEXT.multiply(of, number), HUNDRED)


def _mark(threshold: Threshold, number: Decimal) -> str:
    return f"{threshold.id}@{trimmed(number):f}{'%' if threshold.percents else ''}"


def cap_levels(catalog: Catalog) -> dict[str, tuple[Level, ...]]:
    """The levels on each shared cap; those that recur go on as far as the cap."""
    most = {each.id: each.most for each in catalog.shared_caps}
    found: dict[str, tuple[Level, ...]] = {}
    for each in catalog.thresholds:
        if each.on == "shared_cap":
            whole = most[each.resource]
            levels = levels_of(each, of=whole, last=whole)
            found[each.resource] = (*found.get(each.resource, ()), *levels)
    return found


class Ladder(NamedTuple):
    """The levels on a running total: `listed` ones by rising level, then one `every` so much."""

    threshold: str
    listed: tuple[Level, ...]
    every: Decimal | None

    @property
    def first(self) -> Decimal:
        """The lowest level."""
        return self.listed[0].at

    @property
    def last(self) -> Decimal:
        """The highest level that is listed: those that recur begin after it."""
        return self.listed[-1].at

    def recurred(self, value: Decimal) -> int:
        """How many of the levels that recur a value has reached."""
        if self.every is None or value < self.last:
            return 0
        return int(CONTEXT.divide_int(CONTEXT.subtract(value, self.last), self.every))

    def recurring(self, number: int) -> Decimal:
        """The level that recurs for the `number`th time, from 1."""
        assert self.every is not None
        return CONTEXT.add(self.last, CONTEXT.multiply(self.every, Decimal(number)))


def ladder_of(threshold: Threshold) -> Ladder:
    """The levels of a threshold on a running total."""
    of = threshold.of or ZERO
    every = None if threshold.every is None else _absolute(threshold, threshold.every, of)
    levels = sorted(listed(threshold, of=of), key=lambda level: level.at)
    return Ladder(threshold.id, tuple(levels), every)
