"""What is next of something that runs while a service is assigned."""

from typing import NamedTuple

from streams.model.instant import Instant


class FeeStep(NamedTuple):
    """What is next for a running fee: `at` places it, `due` is the time that it waits for.

    Of settlements of one moment, the lowest `rank` comes first.
    """

    at: Instant
    due: Instant
    is_credit: bool
    is_end: bool
    rank: int = 0
