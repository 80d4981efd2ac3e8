"""`vivace up`, `status` and `down`, as a person or a script uses them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any

import psutil
import pytest

from infra.child import Identity
from infra.runfile import STATE_FILE, ProgramState, RunState, read_state, write_state
from tests.infra.waiting import until

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


def test_up_supervises_until_down_and_leaves_nothing(machine: Machine) -> None:
    up = machine.vivace("up", "--detach", "--fast")
    assert up.returncode == 0, up.stderr
    assert_key_is_shown_but_not_logged(machine, up.stdout)
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


def assert_key_is_shown_but_not_logged(machine: Machine, screen: str) -> None:
    """A start in the foreground only says how to see the key; `up.log` holds what it would say."""
    (key,) = re.findall(r"admin key  (vivace_\S+)", screen)
    logs = {path.name: path.read_text() for path in (machine.data / "logs").iterdir()}
    assert f"`vivace key first --data {machine.data}` shows the admin key, once" in logs["up.log"]
    assert {"kafka.log", "gateway.log", "charging.log"} <= logs.keys()
    # The secret is what follows the key's name, and may have underscores of its own.
    secret = key.split("_", 2)[2]
    assert not [name for name, text in logs.items() if secret in text]


@pytest.fixture
def sleeper() -> Iterator[psutil.Popen]:
    """A program that would run for long."""
    program = psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield program
    if program.poll() is None:
        program.kill()
        program.wait()


def written_by_a_dead_supervisor(program: ProgramState) -> RunState:
    return RunState(pid=1, started_at=time() - 5e8, ready=True, programs=[program])


def state_of(pid: int, started_at: float) -> ProgramState:
    return ProgramState(
        name="sink", state="running", pid=pid, started_at=started_at, restarts=0, log=""
    )


def test_down_ends_what_a_killed_supervisor_left_behind(
    machine: Machine, sleeper: psutil.Popen
) -> None:
    left = state_of(sleeper.pid, sleeper.create_time())
    write_state(machine.data, written_by_a_dead_supervisor(left))
    assert machine.vivace("status").returncode == UNAVAILABLE
    assert "Ending sink, left behind" in machine.vivace("down").stderr
    assert sleeper.wait(10) == -signal.SIGTERM


def test_down_never_ends_a_stranger_that_has_a_pid_of_ours(
    machine: Machine, sleeper: psutil.Popen
) -> None:
    stranger = state_of(sleeper.pid, sleeper.create_time() - 1000)
    write_state(machine.data, written_by_a_dead_supervisor(stranger))
    assert "Nothing runs" in machine.vivace("down").stderr
    assert sleeper.poll() is None


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
