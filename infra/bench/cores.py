"""Cores and CPU time: put processes where they do not disturb each other, and read what they use.

The measured program gets the last core of the machine for itself, everything else the others. On a
machine with one core nothing is pinned and the figures say less.
"""

import os
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psutil

_SAMPLE_S = 0.02


def measured_cores() -> set[int]:
    """The core that the measured program runs on."""
    return {max(os.sched_getaffinity(0))}


def other_cores() -> set[int]:
    """The cores that all else runs on."""
    return (os.sched_getaffinity(0) - measured_cores()) or measured_cores()


def pin(pid: int, cores: set[int]) -> None:
    """Keep a running process, all its threads, on `cores`."""
    for thread in psutil.Process(pid).threads():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread.id, cores)


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Whatever is started inside inherits `cores`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def start_program(
    arguments: Sequence[str], *, cores: set[int], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m …` on `cores`, its output in a pipe."""
    with on_cores(cores):
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.PIPE,
            env=os.environ | dict(environment or {}),
        )


class CpuMeter:
    """Samples the CPU time of a process while it runs, so that any stretch can be read later.

    `rss_max` is the most memory it has held, in bytes.
    """

    def __init__(self, pid: int) -> None:
        self.rss_max = 0
        self._process = psutil.Process(pid)
        self._times: list[float] = []
        self._cpu: list[float] = []
        self._rss: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_S):
            with suppress(psutil.Error):
                with self._process.oneshot():
                    spent = self._process.cpu_times()
                    rss = self._process.memory_info().rss
                self.rss_max = max(self.rss_max, rss)
                self._rss.append(rss)
                self._cpu.append(spent.user + spent.system)
                self._times.append(time.time())

    def between(self, start: float, end: float) -> float:
        """CPU seconds used from `start` to `end`, wall times in seconds since 1970."""
        return self._at(end) - self._at(start)

    def rss_between(self, start: float, end: float) -> int:
        """The most memory it held from `start` to `end`, in bytes."""
        places = (bisect_left(self._times, wall) for wall in (start, end))
        return max(self._rss[slice(*places)], default=0)

    def _at(self, wall: float) -> float:
        place = min(bisect_left(self._times, wall), len(self._times) - 1)
        if place == 0:
            return self._cpu[0]
        earlier, later = self._times[place - 1], self._times[place]
        share = min(max((wall - earlier) / (later - earlier), 0.0), 1.0)
        return self._cpu[place - 1] + share * (self._cpu[place] - self._cpu[place - 1])

    def close(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self._thread.join()
