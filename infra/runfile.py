"""What runs in a data folder right now, in a file that other commands read."""

import os
from pathlib import Path

import msgspec

from infra.child import Identity

STATE_FILE = Path("run") / "up.json"


class ProgramState(msgspec.Struct, kw_only=True):
    """One supervised program. `state` is starting, running, waiting or stopped."""

    name: str
    state: str
    pid: int
    started_at: float
    restarts: int
    log: str

    @property
    def identity(self) -> Identity:
        """Name the program so that a stranger with its pid is not taken for it."""
        return Identity(pid=self.pid, started_at=self.started_at)


class RunState(msgspec.Struct, kw_only=True):
    """The supervisor and its programs. Seconds since 1970."""

    pid: int
    started_at: float
    ready: bool = False
    problem: str = ""
    addresses: dict[str, str] = {}
    programs: list[ProgramState] = []

    @property
    def identity(self) -> Identity:
        """Name the supervisor."""
        return Identity(pid=self.pid, started_at=self.started_at)

    def orphans(self) -> list[ProgramState]:
        """Return programs that still run though their supervisor does not."""
        if self.identity.alive():
            return []
        return [program for program in self.programs if program.identity.alive()]


def read_state(data: Path) -> RunState | None:
    """Return the newest state that was written for `data`, None when nothing was ever started."""
    try:
        return msgspec.json.decode((data / STATE_FILE).read_bytes(), type=RunState)
    except FileNotFoundError:
        return None


def write_state(data: Path, state: RunState) -> None:
    """Replace the state whole, so that a reader never sees half of it."""
    write_private(data / STATE_FILE, msgspec.json.format(msgspec.json.encode(state), indent=2))


def write_private(path: Path, content: bytes) -> None:
    """Replace a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)
