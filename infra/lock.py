"""Locks between programs of one machine; the system drops them when the holder dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import CannotStart


@contextmanager
def exclusively(path: Path, *, refusal: str | None = None) -> Iterator[None]:
    """Hold the lock file `path`. Wait for it, or raise `CannotStart(refusal)` when one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if refusal else 0))
        except BlockingIOError:
            raise CannotStart(refusal) from None
        yield
