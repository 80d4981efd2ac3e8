"""A child program: its log, its identity, its end."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psutil

from infra.errors import CannotStart
from infra.logs import LogLimits, LogPump

POLL_S = 0.05
LAST_WORDS_S = 2.0
"""How long the last output of a program that has ended is waited for."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A program that once ran. A pid alone may have been given to a stranger since."""

    pid: int
    started_at: float

    def alive(self) -> psutil.Process | None:
        """Return the running program, or None when it has ended."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started_at) < 1
            if same and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


def identity_of(pid: int) -> Identity:
    """Name a program that runs right now."""
    return Identity(pid=pid, started_at=psutil.Process(pid).create_time())


def stop(identity: Identity, *, within_s: float) -> bool:
    """Ask the program to end, kill it after `within_s`; True when it ended by itself."""
    running = identity.alive()
    if running is None:
        return True
    with contextlib.suppress(psutil.NoSuchProcess):
        running.terminate()
    if _gone(identity, within_s):
        return True
    with contextlib.suppress(psutil.NoSuchProcess):
        running.kill()
    _gone(identity, within_s)
    return False


def _gone(identity: Identity, within_s: float) -> bool:
    deadline = monotonic() + within_s
    while identity.alive() is not None:
        if monotonic() > deadline:
            return False
        sleep(POLL_S)
    return True


class Child:
    """A program that we started. Its output goes to its log, which is kept.

    A program that outlives us writes to nobody then: its log ends with ours.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        limits: LogLimits | None = None,
    ) -> None:
        self.log = log
        self._program = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        assert self._program.stdout is not None
        self._output = LogPump(self._program.stdout, log, limits or LogLimits())
        self.identity = identity_of(self._program.pid)

    def exit_code(self) -> int | None:
        """Return the code the program ended with, None while it runs."""
        return self._program.poll()

    def wait_ready(self, ready: Callable[[], bool], *, what: str, within_s: float) -> None:
        """Wait until `ready()`; raise `CannotStart` with the log's last lines when it never is."""
        deadline = monotonic() + within_s
        while not ready():
            if self.exit_code() is not None:
                raise CannotStart(f"{what} ended while starting.\n{self.last_words()}")
            if monotonic() > deadline:
                self.stop(within_s=5)
                raise CannotStart(f"{what} is not ready after {within_s:g} s.\n{self.last_words()}")
            sleep(POLL_S)

    def stop(self, *, within_s: float) -> bool:
        """Ask for the end and wait, kill after `within_s`; True when it ended by itself."""
        self._program.terminate()
        try:
            self._program.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._output.wait(LAST_WORDS_S)
        return True

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._program.kill()
        self._program.wait()
        self._output.wait(LAST_WORDS_S)

    def last_words(self) -> str:
        """Return where the log is and what this run of the program wrote last."""
        if self.exit_code() is not None:
            self._output.wait(LAST_WORDS_S)
        return "\n".join([f"Its log is {self.log}:", *self._output.last_lines()])
