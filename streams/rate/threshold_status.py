"""Statuses of thresholds: a word for how many of the levels of one are reached.

A catalog may give the words. Where it does not, the status is the level that was reached last, as
the catalog writes it, or `clear` where none is.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from streams.model.money import CONTEXT, ZERO, trimmed
from streams.model.threshold import Threshold
from streams.rate.levels import HUNDRED, MOST
from streams.rate.spans import MONTH, OwnSpan, Spans, spent_total

CLEAR: Final = "clear"
_NOT_FOLLOWED: Final = ("entry", "shared_cap")
"""The one has no level, the other no account."""
_TO_THE_WHOLE: Final = ("allowance", "credit_use")
"""What levels that recur on these end with."""


class Reached(NamedTuple):
    """How many levels are reached, and the word for it."""

    number: int
    status: str


class ThresholdTerms:
    """One threshold, as whoever follows it is told of it.

    `total` is the running total that it is on, `span` what the periods of that go by.
    """

    __slots__ = ("_every", "_falls", "_numbers", "_words", "span", "threshold", "total")

    def __init__(self, threshold: Threshold, spans: Spans) -> None:
        is_spend = threshold.on == "spend"
        self.threshold = threshold
        self.total = spent_total(threshold.id) if is_spend else threshold.resource
        self.span = spans.get(self.total) or OwnSpan(MONTH)
        self._falls = threshold.on == "balance"
        self._numbers = sorted(threshold.percents or threshold.levels, reverse=self._falls)
        self._every = threshold.every
        self._words = threshold.statuses

    @property
    def at_first(self) -> Reached:
        """What it is where there is nothing yet to be measured."""
        return Reached(0, self._words[0] if self._words else CLEAR)

    def reached(self, value: Decimal, whole: Decimal) -> Reached:
        """How far a value has come, of which percents are shares of `whole`.

        At a level itself it is reached.
        """
        levels = [self._absolute(number, whole) for number in self._numbers]
        number = sum(value <= level if self._falls else value >= level for level in levels)
        if number == 0:
            return self.at_first
        if self._words:
            return Reached(number, self._words[number])
        further = 0
        if number == len(levels):
            further = self._recurred(value, levels[-1], whole)
        return Reached(number + further, self._text(number, further))

    def _absolute(self, number: Decimal, whole: Decimal) -> Decimal:
        if not self.threshold.percents:
            return number
        return CONTEXT.divide(CONTEXT.multiply(whole, number), HUNDRED)

    def _recurred(self, value: Decimal, last: Decimal, whole: Decimal) -> int:
        """How many of the levels that recur are reached."""
        if self._every is None:
            return 0
        every = self._absolute(self._every, whole)
        if every <= ZERO:
            return 0
        beyond = CONTEXT.subtract(value, last)
        number = int(CONTEXT.divide_int(CONTEXT.minus(beyond) if self._falls else beyond, every))
        if self._falls:
            return max(0, min(number, MOST, int(CONTEXT.divide_int(last, every))))
        if self.threshold.on in _TO_THE_WHOLE:
            room = CONTEXT.divide_int(CONTEXT.subtract(whole, last), every)
            return max(0, min(number, MOST, int(room)))
        return number

    def _text(self, number: int, further: int) -> str:
        """The level as the catalog writes it."""
        level = self._numbers[number - 1]
        if further and self._every is not None:
            step = CONTEXT.multiply(self._every, Decimal(further))
            level = CONTEXT.subtract(level, step) if self._falls else CONTEXT.add(level, step)
        return f"{trimmed(level):f}{'%' if self.threshold.percents else ''}"


def terms_of(thresholds: Iterable[Threshold], spans: Spans) -> tuple[ThresholdTerms, ...]:
    """Those that can be followed, in the catalog's order."""
    return tuple(ThresholdTerms(each, spans) for each in thresholds if each.on not in _NOT_FOLLOWED)
