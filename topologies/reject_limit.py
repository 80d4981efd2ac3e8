"""How many inputs may fail by our own fault before the worker stops.

One broken record must not stop a partition; a broken build must not turn all records into errors.
"""

from dataclasses import dataclass


class TooManyRejects(Exception):
    """Beyond the limit: stop with nothing acknowledged."""


@dataclass(frozen=True, kw_only=True)
class RejectLimit:
    """At most `consecutive` in a row; once `least` have failed, at most `per_mille` of all."""

    consecutive: int = 100
    per_mille: int = 100
    least: int = 100


class RejectGauge:
    """Counts inputs against a `RejectLimit`; what passes costs nothing, it is told in sums."""

    __slots__ = ("_before", "_failed", "_in_a_row", "_last", "_limit")

    def __init__(self, limit: RejectLimit) -> None:
        self._limit = limit
        self._before = 0
        self._failed = 0
        self._in_a_row = 0
        self._last = -2

    def taken(self, count: int) -> None:
        """So many more inputs have been taken, those that failed included."""
        self._before += count

    def failed(self, place: int, what: str) -> None:
        """The input at `place` of those now being taken failed. Raises TooManyRejects."""
        ordinal = self._before + place
        self._in_a_row = self._in_a_row + 1 if ordinal == self._last + 1 else 1
        self._last = ordinal
        self._failed += 1
        limit = self._limit
        if self._in_a_row > limit.consecutive:
            raise TooManyRejects(f"{self._in_a_row} inputs in a row failed, the last: {what}")
        if self._failed > limit.least and self._failed * 1000 > (ordinal + 1) * limit.per_mille:
            raise TooManyRejects(f"{self._failed} of {ordinal + 1} inputs failed, the last: {what}")
