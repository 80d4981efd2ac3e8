"""A picture of where a process spends its time: py-spy's flame graph, drawn while it works."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.bench.cores import on_cores, other_cores
from infra.errors import CannotStart

SAMPLES_A_SECOND = 200
_DRAWN_WITHIN_S = 60.0


def profiler() -> str:
    """Where py-spy is. Raises `CannotStart` where it is not installed."""
    beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    found = shutil.which("py-spy", path=beside)
    if found is None:
        raise CannotStart("py-spy is not installed: pip install py-spy.")
    return found


@contextmanager
def drawn(pid: int, picture: Path | None) -> Iterator[None]:
    """Sample the process inside the block and write `picture`, an SVG; nothing where it is None.

    Raises `CannotStart` where the machine does not let one process look into another.
    """
    if picture is None:
        yield
        return
    picture.parent.mkdir(parents=True, exist_ok=True)
    with on_cores(other_cores()):
        sampler = subprocess.Popen(
            [
                *(profiler(), "record", "--pid", str(pid), "--output", str(picture)),
                # Not stopped for each sample: that would take most of the worker's time.
                *("--rate", str(SAMPLES_A_SECOND), "--nonblocking"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    try:
        yield
    finally:
        sampler.send_signal(signal.SIGINT)
        _, said = sampler.communicate(timeout=_DRAWN_WITHIN_S)
    if not picture.exists():
        raise CannotStart(f"py-spy drew nothing: {said.decode()[-400:].strip()}")
