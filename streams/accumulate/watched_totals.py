"""Thresholds on running totals, and notices of a first usage.

Levels that are listed have a mark each. Those that recur have one for all of them, which says how
many have fired and which of them have recovered, as `<threshold>+<fired>,<from>-<to>,…`: so an
account that goes on for ever keeps a short state.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from streams.accumulate.watch import ENTERED, Seen, Watch
from streams.model.instant import Instant
from streams.model.tally import Tally
from streams.rate.levels import MOST, Ladder
from streams.rate.rating import Rating
from streams.rate.spans import SPENT
from streams.rate.thresholds import Thresholds

_RECURRED: Final = re.compile(r"\d+(,\d+-\d+)*")


class Recurred(NamedTuple):
    """Of the levels that recur: `fired` so many from the first on; `left` have recovered since."""

    fired: int = 0
    left: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, text: str) -> "Recurred":
        """What a mark says."""
        fired, *left = text.split(",")
        runs = (run.split("-") for run in left)
        return cls(int(fired), tuple((int(first), int(last)) for first, last in runs))

    def __str__(self) -> str:
        return ",".join((str(self.fired), *(f"{first}-{last}" for first, last in self.left)))

    def standing_above(self, number: int) -> Iterator[int]:
        """The levels above this one that have fired and not recovered, the highest first."""
        highest = self.fired
        for first, last in reversed(self.left):
            yield from range(highest, max(last, number), -1)
            highest = first - 1
        yield from range(highest, number, -1)

    def fallen_to(self, number: int) -> "Recurred":
        """All above `number` have recovered."""
        kept = [(first, min(last, number)) for first, last in self.left if first <= number]
        return Recurred(self.fired, (*kept, (number + 1, self.fired)))


def reaches_total(rating: Rating, thresholds: Thresholds) -> bool:
    """True where the record moved a total that a level may be reached or left on."""
    totals = thresholds.totals
    if any(name in totals for name, _ in rating.tallied):
        return True
    if totals.keys().isdisjoint(rating.moved):
        return False
    return bool(rating.fired) or any(
        rating.used_of(name) >= ladder.first
        for name in rating.moved
        for ladder in totals.get(name, ())
    )


def watch_totals(watch: Watch, rating: Rating, thresholds: Thresholds) -> None:
    """Judge the levels on the totals that the record moved, each in its own period."""
    for name in rating.moved:
        ladders = thresholds.totals.get(name)
        if ladders is None:
            continue
        value = Decimal(rating.used_of(name))
        for ladder in ladders:
            if value >= ladder.first or watch.fired:
                named, start = rating.name_of(name), rating.span_of(name).start
                resource = rating.plan.currency if name.startswith(SPENT) else named
                group = named.removeprefix(name)
                at = _Place(ladder, resource, group, start, value)
                _watch_listed(watch, at)
                _watch_recurring(watch, at)


def watch_tallies(watch: Watch, rating: Rating, thresholds: Thresholds) -> None:
    """Judge the levels on accumulators of more than sums, as the record has left them.

    A rolling window has no period: a level fires when it is reached, and again once it was left,
    with the step that the window ended with then. Those on totals of a whole root are the root's to
    fire, unless the account is that.
    """
    account = rating.payer.account
    of_others = thresholds.groups if account.root != account.account else frozenset[str]()
    for name, tally in rating.tallied:
        if name not in of_others:
            watch_tally(watch, rating, thresholds, name, tally)


def watch_tally(
    watch: Watch, rating: Rating, thresholds: Thresholds, name: str, tally: Tally
) -> None:
    """Judge the levels on one such accumulator."""
    is_rolling = rating.plan.tallies[name].accumulator.rolling is not None
    for ladder in thresholds.totals.get(name, ()):
        for named, start, end, total in tally.totals:
            if end <= rating.closed_before and not is_rolling:
                continue
            value, group = Decimal(total), named.removeprefix(name)
            at = _Place(ladder, named, group, start, value)
            if is_rolling:
                _watch_rolling(watch, at)
            elif value >= ladder.first or watch.fired:
                _watch_listed(watch, at)
                _watch_recurring(watch, at)


class _Place(NamedTuple):
    """A total of one group in one period, and what it has come to."""

    ladder: Ladder
    resource: str
    group: str
    period: Instant
    value: Decimal


def _watch_listed(watch: Watch, at: _Place) -> None:
    for level in at.ladder.listed:
        mark = level.mark + at.group
        seen = Seen(level.threshold, mark, at.resource, level.at, at.value)
        if at.value >= level.at:
            watch.reach(seen, at.period)
        else:
            watch.leave(seen, at.period)


def _watch_rolling(watch: Watch, at: _Place) -> None:
    for level in at.ladder.listed:
        mark = level.mark + at.group
        seen = Seen(level.threshold, mark, at.resource, level.at, at.value)
        if at.value < level.at:
            watch.leave(seen)
        elif not watch.stands(mark):
            watch.forget(mark, before=at.period)
            watch.reach(seen, at.period)


def _watch_recurring(watch: Watch, at: _Place) -> None:
    ladder = at.ladder
    if ladder.every is None or not watch.concerns(ladder.threshold):
        return
    begin = f"{ladder.threshold}{at.group}+"
    mark, before = _recurred(watch, begin, at.period)
    reached, after = ladder.recurred(at.value), before
    if reached > before.fired:
        # Of more than can be told at once, the highest are.
        for number in range(max(before.fired, reached - MOST) + 1, reached + 1):
            watch.tell("crossed", _seen(at, number), at.period)
        after = Recurred(reached, before.left)
    for number in islice(before.standing_above(reached), MOST):
        watch.tell("recovered", _seen(at, number), at.period)
        after = before.fallen_to(reached)
    if after != before:
        watch.put(f"{begin}{after}", at.period, instead_of=mark)


def _recurred(watch: Watch, begin: str, period: Instant) -> tuple[str, Recurred]:
    """The mark of the levels that recur, and what it says."""
    for mark, start in watch.fired:
        if start == period and mark.startswith(begin):
            text = mark.removeprefix(begin)
            if _RECURRED.fullmatch(text):
                return mark, Recurred.read(text)
    return "", Recurred()


def _seen(at: _Place, number: int) -> Seen:
    level = at.ladder.recurring(number)
    mark = f"{at.ladder.threshold}@{level:f}{at.group}"
    return Seen(at.ladder.threshold, mark, at.resource, level, at.value)


def watch_entries(watch: Watch, rating: Rating) -> None:
    """Tell the first usage of a period that is as a notice asks for."""
    for threshold, group, span in rating.entered:
        resource = group.removeprefix("/") or rating.record.usage_type
        seen = Seen(threshold, threshold + group, resource, 1, 1)
        watch.reach(seen, rating.span_of(span).start, ENTERED)
