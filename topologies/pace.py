"""How many inputs a step takes: as long to compute as a turn lasts, and half a MiB of output.

Small steps keep requests and other partitions waiting shortly; large ones cost less an input. The
number follows what steps have cost. It has no part in what they do.
"""

from topologies.ports import OwnerOptions

_SMOOTHING = 4


class Pace:
    """The size of the next step, in inputs."""

    __slots__ = ("_bytes_each", "_each_s", "_options")

    def __init__(self, options: OwnerOptions) -> None:
        self._options = options
        self._bytes_each = 1.0
        self._each_s: float | None = None

    @property
    def inputs(self) -> int:
        """How many the next step takes."""
        options = self._options
        if self._each_s is None:
            return options.records_first
        by_size = options.output_bytes / max(1.0, self._bytes_each)
        by_time = options.turns.step_s() / self._each_s if self._each_s else by_size
        return max(1, int(min(by_time, by_size, options.records_max)))

    def note(self, *, inputs: int, spent_s: float, size: int) -> None:
        """A step of so many inputs took so long to compute and made so many bytes."""
        inputs = max(1, inputs)
        self._bytes_each = _between(self._bytes_each, size / inputs)
        each_s = spent_s / inputs
        self._each_s = each_s if self._each_s is None else _between(self._each_s, each_s)


def _between(before: float, now: float) -> float:
    return before + (now - before) / _SMOOTHING
