"""Logs of programs: nothing lost where a new file begins, and never more than their bound."""

import os
import signal
import sys
from pathlib import Path

from infra.child import Child
from infra.logs import LogLimits

SMALL = 4096


def written(folder: Path, program: str, limits: LogLimits) -> list[bytes]:
    """The files that a program's output is in after its end, oldest first."""
    log = folder / "logs" / "sink.log"
    child = Child([sys.executable, "-c", program], log=log, limits=limits)
    child._program.wait(60)
    child.last_words()
    earlier = sorted(log.parent.glob("sink.log.*"), key=lambda path: -int(path.suffix[1:]))
    return [path.read_bytes() for path in (*earlier, log)]


LINES = "import sys\nfor n in range(4000): sys.stdout.buffer.write(b'%d \\xff\\n' % n)"
EXPECTED = [b"%d \xff" % number for number in range(4000)]


def test_no_line_is_lost_or_cut_where_a_new_file_begins(tmp_path: Path) -> None:
    files = written(tmp_path, LINES, LogLimits(file_bytes=SMALL, files=100))
    assert len(files) > 5
    assert all(text.endswith(b"\n") and len(text) <= SMALL for text in files)
    assert b"".join(files).splitlines() == EXPECTED


def test_all_files_together_have_a_bound_and_hold_what_came_last(tmp_path: Path) -> None:
    files = written(tmp_path, LINES, LogLimits(file_bytes=SMALL, files=2))
    assert [len(text) <= SMALL for text in files] == [True] * 3
    newest = b"".join(files).splitlines()
    assert newest == EXPECTED[-len(newest) :]


def test_a_program_that_is_started_again_goes_on_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "sink.log"
    for word in ("first", "second"):
        child = Child([sys.executable, "-c", f"print({word!r})"], log=log)
        child._program.wait(60)
        assert child.last_words().splitlines()[1:] == [word]
    assert log.read_text() == "first\nsecond\n"


def test_a_log_without_room_stops_nobody(tmp_path: Path) -> None:
    log = tmp_path / "sink.log"
    log.symlink_to("/dev/full")
    child = Child([sys.executable, "-c", "print(('x' * 999 + chr(10)) * 999, 'end')"], log=log)
    assert child._program.wait(60) == 0
    assert child.last_words().endswith("end")


def test_what_lives_on_with_the_output_of_a_program_does_not_keep_it_from_ending(
    tmp_path: Path,
) -> None:
    program = "import subprocess as s; print(s.Popen(['sleep', '600']).pid, flush=True)"
    child = Child([sys.executable, "-c", program], log=tmp_path / "sink.log")
    child._program.wait(60)
    _, heir = child.last_words().splitlines()
    os.kill(int(heir), signal.SIGKILL)
