"""Asking again while the broker changes leaders, where the client does not do so by itself."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final, TypeVar

from connectors.errors import Unavailable

T = TypeVar("T")

PATIENCE_S: Final = 30.0
_PAUSE_S: Final = 0.2


def patiently(question: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
    """The answer, asked for again while it is Unavailable; after `patience_s` that is raised."""
    give_up_at = monotonic() + patience_s
    while True:
        try:
            return question()
        except Unavailable:
            if monotonic() > give_up_at:
                raise
            sleep(_PAUSE_S)
