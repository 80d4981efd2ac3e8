"""Ends what a measurement has started when the measurement is killed: `… guard FOLDER`.

Everything that a measurement starts inherits the name of its folder. The guard waits for the end
of a pipe that the measurement alone holds open, so the kernel tells it whatever the death was; then
it kills by that name, and removes the folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

FOLDER_VARIABLE = "VIVACE_BENCH_FOLDER"
_WITHIN_S = 10.0


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Whatever is started inside ends with this process, even where it is killed."""
    os.environ[FOLDER_VARIABLE] = str(folder)
    guard = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the keyboard is not for it
    )
    try:
        yield
    finally:
        del os.environ[FOLDER_VARIABLE]
        guard.communicate()


def kill_all(folder: Path) -> None:
    """Kill every other process that carries the folder's name."""
    marked = [process for process in psutil.process_iter() if _belongs(process, folder)]
    for process in marked:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(marked, timeout=_WITHIN_S)


def _belongs(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error, OSError):
        is_other = process.pid != os.getpid()
        return is_other and process.environ().get(FOLDER_VARIABLE) == str(folder)
    return False


def main() -> None:
    """Wait for the end of the measurement, then leave nothing of it."""
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    kill_all(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
