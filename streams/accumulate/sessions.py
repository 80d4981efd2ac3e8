"""Sessions that have closed leave the state.

A session closes by the partition's time, for all who fold the log alike. Until a tick comes by to
drop it, it stands there unseen: so ticks need not look at all sessions at once.
"""

from streams.model.instant import Instant
from streams.state import State, Table

_CURSOR = b"sessions"
_SLICE = 200
"""How many sessions a tick looks at."""


def drop_closed(at: Instant, state: State) -> None:
    """Drop what has closed among the next few sessions, in the order of their keys."""
    table = Table.SESSION_TALLIES
    start: bytes = state.get(Table.META, _CURSOR) or b""
    found = state.scan(table, start, b"\xff", _SLICE)
    for key, tally in found:
        if tally.closes_at <= at:
            state.delete(table, key)
    following = found[-1][0] + b"\0" if len(found) == _SLICE else b""
    if following != start:
        state.put(Table.META, _CURSOR, following)
