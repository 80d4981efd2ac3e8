"""The supervisor, with programs of a few bytes."""

import sys
import threading
from pathlib import Path

import pytest

from infra import supervisor as subject
from infra.errors import CannotStart
from infra.supervisor import Supervisor, program_of


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(subject, "LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(subject, "LOOK_EVERY_S", 0.01)


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_program_that_cannot_live_ends_it_all_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(threading.Event(), changed=lambda: None)
    dying = program_of("sink", python("raise SystemExit('no disk')"), log=tmp_path / "sink.log")
    supervisor.programs.append(dying)
    supervisor.start()
    with pytest.raises(CannotStart, match=r"sink ended 7 times(.|\n)*no disk"):
        supervisor.watch()
    assert dying.restarts == subject.QUICK_DEATHS_MAX


def test_a_program_that_ends_is_started_again_and_told(tmp_path: Path) -> None:
    asked = threading.Event()
    told: list[int] = []

    def changed() -> None:
        told.append(supervisor.programs[0].restarts)
        if supervisor.programs[0].restarts == 2:
            asked.set()

    supervisor = Supervisor(asked, changed=changed)
    supervisor.programs.append(program_of("sink", python("pass"), log=tmp_path / "sink.log"))
    supervisor.start()
    supervisor.watch()
    supervisor.stop(lambda program: True)
    assert told == [0, 0, 1, 1, 2]


def test_stop_kills_what_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "STOP_WITHIN_S", 0.5)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    supervisor = Supervisor(threading.Event(), changed=lambda: None)
    log = tmp_path / "log"
    supervisor.programs.append(program_of("sink", [*python(deaf)[:1], "-u", "-c", deaf], log=log))
    supervisor.start()
    child = supervisor.programs[0].child
    assert child is not None
    child.wait_ready(lambda: "deaf" in log.read_text(), what="sink", within_s=10)
    supervisor.stop(lambda program: True)
    assert child.exit_code() == -9
