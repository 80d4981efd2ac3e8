"""Wait for a condition, never for a while."""

from collections.abc import Callable
from time import monotonic, sleep


def until(condition: Callable[[], bool], *, within_s: float = 60) -> None:
    """Return once `condition()` holds; fail when it never does."""
    deadline = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline, "this never came true"
        sleep(0.05)
