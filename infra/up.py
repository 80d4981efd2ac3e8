"""`vivace up`: engines, topics, tables, then every process, until asked to end."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import httpx

from connectors.api.keys import KeyStore
from infra import processes
from infra.child import identity_of, stop
from infra.engines import (
    choose_ports,
    jar_cache,
    log_limits,
    prepare,
    publish,
    start_all,
    starters,
)
from infra.fetch import Progress
from infra.kafka.jars import ensure_jars
from infra.lock import exclusively
from infra.ports import require_free
from infra.runfile import RunState, read_state, write_state
from infra.supervisor import STOP_WITHIN_S, Program, Supervisor, program_of
from topologies.settings import DATA_VARIABLE, DEFAULT_DATA, RUN_FILE, Settings

_SERVER_ERROR = 500
ENGINES = ("kafka", "clickhouse")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where `up` tells what it does: a line a step, and the bytes of a first download."""

    tell: Callable[[str], None]
    progress: Progress


def run_all(data: Path | None, *, fast: bool, report: Report) -> None:
    """Start everything and supervise it until SIGTERM or SIGINT. Raises `CannotStart`."""
    folder = load_settings(data).data
    refusal = f"Vivace already runs in {folder}. See `vivace status`, end it with `vivace down`."
    with exclusively(folder / "run" / "up.lock", refusal=refusal):
        end_orphans(folder, report.tell)
        (folder / RUN_FILE).unlink(missing_ok=True)
        settings = load_settings(folder)
        if fast:
            settings = settings.model_copy(update={"fast": True})
        jars = _fetch(settings, report)
        with _signals() as asked:
            _Run(settings, report, asked).run(jars)


def load_settings(data: Path | None) -> Settings:
    """Read the settings of a data folder, of the default one when none is named."""
    return Settings(data=data) if data else Settings()


def end_orphans(data: Path, tell: Callable[[str], None]) -> None:
    """End programs of ours that a killed supervisor left behind, and nothing else."""
    state = read_state(data)
    for orphan in reversed(state.orphans() if state else []):
        tell(f"Ending {orphan.name}, left behind by an earlier run")
        stop(orphan.identity, within_s=STOP_WITHIN_S)


class _Run:
    """One life of everything. Whatever ends it, no program of ours is left behind."""

    def __init__(self, settings: Settings, report: Report, asked: threading.Event) -> None:
        self._settings = settings
        self._report = report
        self._supervisor = Supervisor(asked, changed=self._write)
        me = identity_of(os.getpid())
        self._state = RunState(pid=me.pid, started_at=me.started_at)

    def run(self, jars: Path) -> None:
        self._write()
        try:
            self._start_engines(jars)
            self._start_processes()
            self._supervisor.watch()
        except Exception as problem:
            self._state.problem = str(problem)
            raise
        finally:
            self._stop()

    def _start_engines(self, jars: Path) -> None:
        settings = self._settings
        ports = choose_ports(settings)
        require_free(ports.api, of="the gateway", setting="VIVACE_API_PORT")
        engines = starters(settings, ports, jars)
        if engines:
            self._report.tell(f"Starting {' and '.join(engines)}")
        for name, child in start_all(engines).items():
            program = Program(name=name, start=engines[name], child=child)
            self._supervisor.programs.append(program)
        self._supervisor.start()
        self._settings = publish(settings, ports)
        self._report.tell("Making topics and tables")
        prepare(self._settings, embedded="kafka" in engines)

    def _start_processes(self) -> None:
        names = processes.startable(self._settings)
        self._report.tell(f"Starting {', '.join(names)}")
        self._supervisor.programs += [_supervised(name, self._settings) for name in names]
        self._supervisor.start()
        clickhouse = self._settings.clickhouse
        self._state.addresses = {
            "kafka": self._settings.kafka.bootstrap,
            "clickhouse": f"http://{clickhouse.host}:{clickhouse.port}",
            "api": f"http://{self._settings.api_host}:{self._settings.api_port}",
        }
        self._supervisor.watch(until=lambda: _answers(f"{self._state.addresses['api']}/health"))
        self._state.ready = True
        self._write()
        self._report.tell("Ready")
        if KeyStore(self._settings.data).has_first():
            self._report.tell(f"`{_first_key_command(self._settings)}` shows the admin key, once")

    def _stop(self) -> None:
        self._report.tell("Stopping")
        self._state.ready = False
        self._supervisor.stop(lambda program: program.name not in ENGINES)
        self._supervisor.stop(lambda program: program.name in ENGINES)
        (self._settings.data / RUN_FILE).unlink(missing_ok=True)
        self._write()

    def _write(self) -> None:
        self._state.programs = [program.state() for program in self._supervisor.programs]
        write_state(self._settings.data, self._state)


def _fetch(settings: Settings, report: Report) -> Path:
    if settings.kafka_bootstrap:
        return Path()
    repository = settings.maven_repository
    return ensure_jars(jar_cache(settings), repository=repository, progress=report.progress)


def _supervised(name: str, settings: Settings) -> Program:
    return program_of(
        name,
        [sys.executable, "-m", processes.__name__, name],
        log=settings.data / "logs" / f"{name}.log",
        environment={DATA_VARIABLE: str(settings.data), "VIVACE_FAST": str(settings.fast)},
        limits=log_limits(settings),
    )


def _first_key_command(settings: Settings) -> str:
    """How to see the first key: it is told on request alone, never into a log."""
    elsewhere = settings.data != DEFAULT_DATA.resolve()
    return "vivace key first" + (f" --data {quote(str(settings.data))}" if elsewhere else "")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=1, trust_env=False).status_code < _SERVER_ERROR
    except httpx.HTTPError:
        return False


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Turn SIGTERM and SIGINT into an event, so that nothing is left half started."""
    asked = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: asked.set()) for number in numbers]
    try:
        yield asked
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
