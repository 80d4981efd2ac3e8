"""What a measurement has started ends with it, whatever its end was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.infra.waiting import until

PARENT = """
import subprocess, sys, time
from pathlib import Path
from infra.bench.guard import guarded

folder = Path(sys.argv[1])
with guarded(folder):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (folder / "child").write_text(str(child.pid))
    while len(sys.argv) < 3:
        time.sleep(0.1)
"""


def _start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    folder.mkdir()
    return subprocess.Popen([sys.executable, "-c", PARENT, str(folder), *more])


def _child(folder: Path) -> int:
    written = folder / "child"
    until(lambda: written.exists() and written.read_text().isdigit())
    return int(written.read_text())


def _is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_measurement_leaves_nothing(tmp_path: Path) -> None:
    parent = _start(tmp_path / "bench")
    child = _child(tmp_path / "bench")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until(lambda: _is_gone(child) and not (tmp_path / "bench").exists())


def test_processes_of_another_measurement_live_on(tmp_path: Path) -> None:
    other = _start(tmp_path / "other")
    survivor = _child(tmp_path / "other")
    ended = _start(tmp_path / "bench", "at once")
    assert ended.wait(30) == 0
    assert not (tmp_path / "bench").exists()
    assert not _is_gone(survivor)
    other.kill()
    other.wait()
    until(lambda: _is_gone(survivor))
