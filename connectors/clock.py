"""The only clock. Everything else takes time as an argument."""

import time

from streams.model.instant import Instant


def now() -> Instant:
    """The machine's time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000
