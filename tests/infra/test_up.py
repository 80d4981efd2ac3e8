"""`vivace up`, `status` and `down`, as a person or a script uses them."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import psutil
import pytest

from infra.child import Identity
from infra.runfile import STATE_FILE, ProgramState, RunState, read_state, write_state

UNAVAILABLE = 3


class Machine:
    """The command line on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        free = {"VIVACE_KAFKA_PORT": "0", "VIVACE_CLICKHOUSE_PORT": "0", "VIVACE_API_PORT": "0"}
        self.environment = {**os.environ, **free, "VIVACE_DATA": str(data)}

    def vivace(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        return json.loads(self.vivace("status", "--json").stdout)

    def program(self, name: str) -> ProgramState:
        state = read_state(self.data)
        assert state is not None
        return next(program for program in state.programs if program.name == name)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing is left running."""
    found = Machine(tmp_path / "data")
    yield found
    found.vivace("down")


def until(condition: Callable[[], bool], *, within_s: float = 30) -> None:
    deadline = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline, "this never came true"
        sleep(0.1)


def test_up_supervises_until_down_and_leaves_nothing(machine: Machine) -> None:
    up = machine.vivace("up", "--detach", "--fast")
    assert up.returncode == 0, up.stderr
    status = machine.status()
    assert status["ready"]
    assert {"kafka", "clickhouse"} <= {program["name"] for program in status["programs"]}
    second = machine.vivace("up")
    assert second.returncode == UNAVAILABLE
    assert "already runs" in second.stderr

    before = machine.program("clickhouse")
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: machine.program("clickhouse").restarts == 1)
    until(lambda: machine.program("clickhouse").identity.alive() is not None)
    assert machine.program("clickhouse").pid != before.pid

    state = read_state(machine.data)
    assert state is not None
    assert machine.vivace("down").returncode == 0
    assert not [program for program in state.programs if program.identity.alive()]
    assert machine.vivace("status").returncode == UNAVAILABLE
    assert machine.vivace("down").returncode == 0


def test_down_and_up_find_what_a_killed_supervisor_left_behind(machine: Machine) -> None:
    assert machine.vivace("up", "--detach", "--fast").returncode == 0
    left = read_state(machine.data)
    assert left is not None
    os.kill(left.pid, signal.SIGKILL)
    until(lambda: left.identity.alive() is None)
    assert left.orphans()
    assert machine.vivace("status").returncode == UNAVAILABLE
    down = machine.vivace("down")
    assert "left behind" in down.stderr
    assert not left.orphans()


def test_down_never_ends_a_stranger_that_has_a_pid_of_ours(machine: Machine) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    earlier = psutil.Process(stranger.pid).create_time() - 1000
    program = ProgramState(
        name="kafka", state="running", pid=stranger.pid, started_at=earlier, restarts=0, log=""
    )
    write_state(machine.data, RunState(pid=1, started_at=time() - 5e8, programs=[program]))
    down = machine.vivace("down")
    assert "Nothing runs" in down.stderr
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_an_identity_is_a_pid_and_its_start() -> None:
    me = psutil.Process()
    assert Identity(pid=me.pid, started_at=me.create_time()).alive()
    assert not Identity(pid=me.pid, started_at=me.create_time() - 60).alive()


def test_wrong_settings_are_told_together(machine: Machine) -> None:
    machine.data.mkdir()
    (machine.data / "vivace.toml").write_text('partitions = 0\nkafka_prot = 1\nfast = "x"\n')
    told = machine.vivace("status")
    assert told.returncode == 2
    assert all(name in told.stderr for name in ("partitions", "kafka_prot", "fast"))


def test_a_taken_port_that_was_asked_for_is_an_error(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        machine.environment["VIVACE_KAFKA_PORT"] = port
        told = machine.vivace("up")
    assert told.returncode == UNAVAILABLE
    assert f"Port {port} for Kafka is taken" in told.stderr


def test_a_state_file_is_never_half_written(tmp_path: Path) -> None:
    write_state(tmp_path, RunState(pid=1, started_at=2.0))
    write_state(tmp_path, RunState(pid=2, started_at=2.0))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [STATE_FILE.name]
    assert read_state(tmp_path) == RunState(pid=2, started_at=2.0)
