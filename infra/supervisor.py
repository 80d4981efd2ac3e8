"""Keep the programs of one machine running; give up loudly on one that cannot run."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from infra.child import Child
from infra.errors import CannotStart
from infra.logs import LogLimits
from infra.runfile import ProgramState

LOOK_EVERY_S = 0.1
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 10.0
"""A run at least this long counts as a success, so that pauses start small again."""
QUICK_DEATHS_MAX = 6
STOP_WITHIN_S = 15.0

Starter = Callable[[], Child]


@dataclass(kw_only=True)
class Program:
    """A supervised program and how its life has gone so far."""

    name: str
    start: Starter
    child: Child | None = None
    began: float = 0.0
    """When its newest run began, on the monotonic clock."""
    restarts: int = 0
    quick_deaths: int = 0
    start_again_at: float = 0.0

    def state(self) -> ProgramState:
        """Describe the program for the state file."""
        child = self.child
        running = child is not None and child.exit_code() is None
        return ProgramState(
            name=self.name,
            state="running" if running else "waiting",
            pid=child.identity.pid if child else 0,
            started_at=child.identity.started_at if child else 0.0,
            restarts=self.restarts,
            log=str(child.log) if child else "",
        )


class Supervisor:
    """Watches programs until `asked` is set. `changed` is called when one ended or started."""

    def __init__(self, asked: threading.Event, *, changed: Callable[[], None]) -> None:
        self.programs: list[Program] = []
        self._asked = asked
        self._changed = changed

    def start(self) -> None:
        """Start every program that was never started. Raises `CannotStart`."""
        for program in self.programs:
            if program.child is None:
                program.child = program.start()
                program.began = monotonic()
        self._changed()

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Start again what ends, until asked to stop. Raises `CannotStart` when one cannot live.

        An engine that is started again holds up the others' turn, which need it anyway.
        """
        while not until() and not self._asked.wait(LOOK_EVERY_S):
            for program in self.programs:
                self._look_after(program)

    def stop(self, chosen: Callable[[Program], bool]) -> None:
        """End the chosen programs beside one another and wait for all."""
        threads = [
            threading.Thread(target=program.child.stop, kwargs={"within_s": STOP_WITHIN_S})
            for program in self.programs
            if program.child is not None and chosen(program)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _look_after(self, program: Program) -> None:
        assert program.child is not None
        now = monotonic()
        if program.start_again_at:
            if now >= program.start_again_at:
                self._start_again(program)
            return
        if program.child.exit_code() is None:
            return
        quick = now - program.began < HEALTHY_AFTER_S
        program.quick_deaths = program.quick_deaths + 1 if quick else 1
        if program.quick_deaths > QUICK_DEATHS_MAX:
            raise CannotStart(
                f"{program.name} ended {program.quick_deaths} times in a row, the last time with "
                f"code {program.child.exit_code()}.\n{program.child.last_words()}"
            )
        pause = min(FIRST_PAUSE_S * 2 ** (program.quick_deaths - 1), LONGEST_PAUSE_S)
        program.start_again_at = now + pause
        self._changed()

    def _start_again(self, program: Program) -> None:
        program.restarts += 1
        program.start_again_at = 0.0
        program.child = program.start()
        program.began = monotonic()
        self._changed()


def program_of(
    name: str,
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    limits: LogLimits | None = None,
) -> Program:
    """Return a program that is a plain command with a log of its own."""
    return Program(
        name=name,
        start=lambda: Child(command, log=log, environment=environment, limits=limits),
    )
