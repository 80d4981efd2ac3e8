"""All chance of a run, from one seed, and how often things go wrong."""

import random
from dataclasses import dataclass, replace

_APPEND = ("unacknowledged", "lost", "late", "doubled", "slow", "lost_message")


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Probabilities of faults: by append, by process and second, by crash."""

    unacknowledged: float = 0.01
    lost: float = 0.01
    late: float = 0.01
    doubled: float = 0.02
    slow: float = 0.01
    lost_message: float = 0.15
    kill: float = 0.02
    freeze: float = 0.02
    strike: float = 0.004
    torn: float = 0.3
    older: float = 0.1
    wiped: float = 0.15
    trim: float = 0.0

    def calm(self) -> "Rates":
        """No more faults."""
        return replace(self, **dict.fromkeys(_APPEND, 0.0))


class Dice:
    """Seeded chance with the words the simulation uses."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.random.random() < probability

    def latency(self) -> float:
        """Seconds a hop takes: mostly a millisecond, sometimes much more."""
        return self.random.choice((0.0005, 0.001, 0.001, 0.002, 0.005, 0.02))

    def between(self, low: float, high: float) -> float:
        """Evenly between the two."""
        return self.random.uniform(low, high)
