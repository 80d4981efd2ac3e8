"""What stands in META stands there under a name of its own."""

from collections import Counter

from streams import outbox, tenant_time
from streams.accumulate import sessions as closed
from streams.due import fold
from streams.session import signals
from streams.state import TIME


def test_no_two_have_the_same_name() -> None:
    names = Counter(
        [
            TIME,
            tenant_time.OWN_TIMES,
            outbox.NEXT,
            fold.FOLDING,
            signals.RUNNING,
            signals.FOLLOWING,
            signals.NEXT,
            *(cursor for _, cursor in closed.CURSORS),
        ]
    )
    assert set(names.values()) == {1}, names
