"""Accumulators that are more than sums by periods: a record adds to those that it counts in."""

from typing import Final

from streams.model.tally import Tally
from streams.outcome import Reject
from streams.rate.rating import Rating
from streams.state import State, Table

_TALLIES: Final = Table.TALLIES


def move_tallies(rating: Rating, state: State) -> Reject | None:
    """Put those that the record moves, all or none, and take them out of `rating.moved`.

    A refusal where the expression of one of them has no value for the record.
    """
    tallies, changed = rating.plan.tallies, list[tuple[bytes, Tally]]()
    told: list[tuple[str, Tally]] = []
    names = [name for name in rating.moved if name in tallies]
    for name in names:
        moved = tallies[name].moved_by(rating)
        if isinstance(moved, Reject):
            return moved
        if moved is not None:
            changed.append(moved)
            told.append((name, moved[1]))
    for name in names:
        del rating.moved[name]
    rating.tallied = tuple(told)
    for key, tally in changed:
        state.put(_TALLIES, key, tally)
    return None
