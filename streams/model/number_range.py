"""Ranges of service ids: `41790000000..41790009999` is each number from the first to the last.

Both ends have the same length and what stands before their digits in common. So order and width are
those of the numbers, and a range is the union of a few prefixes: by them it is found, however many
ranges there are.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

BETWEEN: Final = ".."


class NumberRange(NamedTuple):
    """All ids of the length of `first` from it up to and with `last`."""

    first: str
    last: str
    width: int

    def holds(self, service_id: str) -> bool:
        """True where the id is one of the range's."""
        first, last, _ = self
        return len(service_id) == len(first) and first <= service_id <= last


@lru_cache(maxsize=4096)
def range_of(service_id: str) -> NumberRange | None:
    """The range that a service id stands for; None where it is a single one."""
    first, between, last = service_id.partition(BETWEEN)
    if not between or len(first) != len(last) or not first < last:
        return None
    digits = len(first) - len(first.rstrip("0123456789"))
    digits = min(digits, len(last) - len(last.rstrip("0123456789")))
    if not digits or first[:-digits] != last[:-digits]:
        return None
    if not (first + last).isascii():
        return None
    return NumberRange(first, last, int(last[-digits:]) - int(first[-digits:]) + 1)


def wrong_range(service_id: str) -> str:
    """Why a service id that is written as a range is none; empty where nothing is wrong."""
    if BETWEEN not in service_id or range_of(service_id) is not None:
        return ""
    return (
        f"{service_id!r} is no range of numbers: expected two of the same length, the lower first,"
        " that differ in their last digits"
    )


def prefixes_of(span: NumberRange) -> Iterator[str]:
    """The fewest prefixes that all ids of the range have one of, and no other id of the length.

    A range of whole thousands has one for each thousand, or fewer; the worst has 18 for each digit
    in which its ends differ.
    """
    first, last = span.first, span.last
    shared = next(
        (place for place, pair in enumerate(zip(first, last, strict=True)) if pair[0] != pair[1]),
        len(first),
    )
    yield from _prefixes(first[:shared], first[shared:], last[shared:])


def _prefixes(before: str, first: str, last: str) -> Iterator[str]:
    if not first.strip("0") and not last.strip("9"):
        yield before
        return
    if first[0] == last[0]:
        yield from _prefixes(before + first[0], first[1:], last[1:])
        return
    low, high, rest = int(first[0]), int(last[0]), len(first) - 1
    if first[1:].strip("0"):
        yield from _prefixes(before + first[0], first[1:], "9" * rest)
        low += 1
    whole_last = not last[1:].strip("9")
    for digit in range(low, high + whole_last):
        yield f"{before}{digit}"
    if not whole_last:
        yield from _prefixes(before + last[0], "0" * rest, last[1:])
