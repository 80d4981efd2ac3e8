"""How many inputs a step takes: about two milliseconds of computing and half a MiB of output.

Small steps keep requests and other partitions waiting shortly; large ones cost less an input. The
number follows what steps have cost. It has no part in what they do.
"""

from topologies.ports import OwnerOptions

_SMOOTHING = 4


class Pace:
    """The size of the next step, in inputs."""

    __slots__ = ("_bytes_each", "_options", "inputs")

    def __init__(self, options: OwnerOptions) -> None:
        self._options = options
        self._bytes_each = 1.0
        self.inputs = options.records_first

    def note(self, *, inputs: int, spent_s: float, size: int) -> None:
        """A step of so many inputs took so long to compute and made so many bytes."""
        options = self._options
        inputs = max(1, inputs)
        self._bytes_each += (size / inputs - self._bytes_each) / _SMOOTHING
        by_size = options.output_bytes / max(1.0, self._bytes_each)
        by_time = float(options.records_max)
        if spent_s > 0:
            wanted = inputs * options.cpu_target_s / spent_s
            by_time = self.inputs + (wanted - self.inputs) / _SMOOTHING
        self.inputs = max(1, int(min(by_time, by_size, options.records_max)))
