"""Sessions and running totals that have closed leave the state.

They close by the tenant's time, for all who fold the log alike. Until a tick comes by to
drop them, they stand there unseen: so ticks need not look at all of them at once.
"""

from streams.model.instant import Instant
from streams.state import State, Table
from streams.tenant_time import own_times, time_of_key

CURSORS = (
    (Table.SESSION_TALLIES, b"sessions"),
    (Table.TALLIES, b"tallies"),
    (Table.BUDGET_TOTALS, b"budgets"),
)
"""What a tick looks through, and where in META it notes how far it came."""
_SLICE = 200
"""How many of each a tick looks at."""


def drop_closed(at: Instant, state: State) -> None:
    """Drop what has closed among the next few, in the order of their keys."""
    for table, cursor in CURSORS:
        _drop_closed(table, cursor, at, state)


def _drop_closed(table: Table, cursor: bytes, at: Instant, state: State) -> None:
    own = own_times(state)
    start: bytes = state.get(Table.META, cursor) or b""
    found = state.scan(table, start, b"\xff", _SLICE)
    for key, tally in found:
        if tally.closes_at <= (at if own is None else time_of_key(key, state)):
            state.delete(table, key)
    following = found[-1][0] + b"\0" if len(found) == _SLICE else b""
    if following != start:
        state.put(Table.META, cursor, following)
