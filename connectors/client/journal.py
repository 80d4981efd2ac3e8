"""What was used and not told yet: kept until the owner has it, and bounded.

With a path it outlives the process: a line for each entry that came, a line for each that is done.
One process writes one file.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Any, Final

from connectors.client.words import Service
from connectors.errors import Corrupted, Unavailable

ENTRIES_MAX: Final = 10_000
_LINES_MAX: Final = 4 * ENTRIES_MAX


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A request of a session, as it is sent until it is answered."""

    session: str
    sequence: int
    verb: str
    service_id: str
    services: tuple[Service, ...]
    valid_for: int

    @property
    def key(self) -> str:
        """Its Idempotency-Key: it is done once by this name."""
        return f"{self.session}/{self.sequence}"

    @property
    def has_use(self) -> bool:
        """True where it tells of use, which must not be lost."""
        return any(each.used or each.used_after for each in self.services)

    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {
            "service_id": self.service_id,
            "sequence": self.sequence,
            "valid_for": self.valid_for,
            "services": [each.body() for each in self.services],
        }


class Journal:
    """Entries in the order they came, by session. Raises Unavailable where it is full."""

    def __init__(self, path: Path | None = None, *, limit: int = ENTRIES_MAX) -> None:
        self._limit = limit
        self._path = path
        self._entries: dict[str, Entry] = {}
        self._claimed: set[str] = set()
        self._open: set[str] = set()
        self._lock = Lock()
        self._lines = 0
        self._file: IO[bytes] | None = None
        if path is not None:
            self._entries = _read(path)
            self._rewrite(path)

    def __len__(self) -> int:
        """How many wait to be told."""
        return len(self._entries) - len(self._open)

    @property
    def is_lasting(self) -> bool:
        """True where it outlives the process."""
        return self._path is not None

    def put(self, entry: Entry, *, is_open: bool = False) -> None:
        """Keep it. Raises Unavailable where there is no room.

        `is_open`: its session still runs, so it is to be told by whoever comes after this process.
        """
        with self._lock:
            if len(self._entries) >= self._limit and entry.key not in self._entries:
                raise Unavailable(f"{self._limit} requests wait for an owner already")
            self._entries[entry.key] = entry
            (self._open.add if is_open else self._open.discard)(entry.key)
            self._write({"put": {"session": entry.session, "verb": entry.verb} | entry.body()})

    def done(self, entry: Entry) -> None:
        """The owner has it."""
        with self._lock:
            self._open.discard(entry.key)
            if self._entries.pop(entry.key, None) is not None:
                self._write({"done": entry.key})

    def of(self, session: str) -> list[Entry]:
        """What a session has not told yet, in its order."""
        with self._lock:
            return [each for each in self._told() if each.session == session]

    def claim(self, *, session: str = "", service_id: str = "") -> str:
        """Take a session that has something to tell; empty where there is none.

        This one, or any of the service, or any. Nobody else gets it until it is released, so a
        session's entries are told in their order.
        """
        with self._lock:
            for each in self._told():
                is_asked = session in ("", each.session) and service_id in ("", each.service_id)
                if is_asked and each.session not in self._claimed:
                    self._claimed.add(each.session)
                    return each.session
            return ""

    def _told(self) -> Iterator[Entry]:
        return (each for each in self._entries.values() if each.key not in self._open)

    def release(self, session: str) -> None:
        """Others may take the session again."""
        with self._lock:
            self._claimed.discard(session)

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        if self._file is None or self._lines > _LINES_MAX:
            self._rewrite(self._path)
            return
        self._file.write(_line(line))
        self._lines += 1
        _sync(self._file)

    def _rewrite(self, path: Path) -> None:
        """Write what waits anew, as a whole."""
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        with unfinished.open("wb") as file:
            for each in self._entries.values():
                put = {"session": each.session, "verb": each.verb} | each.body()
                file.write(_line({"put": put}))
            _sync(file)
        unfinished.replace(path)
        self._file = path.open("ab")
        self._lines = len(self._entries)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _line(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _read(path: Path) -> dict[str, Entry]:
    """What a file says is not done; a last line that was cut off does not count."""
    if not path.exists():
        return {}
    entries: dict[str, Entry] = {}
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            break
        try:
            told = json.loads(line)
            if "put" in told:
                entry = _entry(told["put"])
                entries[entry.key] = entry
            else:
                entries.pop(told["done"], None)
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupted(f"{path}:{number}: no line of a journal") from error
    return entries


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        session=told["session"],
        sequence=told["sequence"],
        verb=told["verb"],
        service_id=told["service_id"],
        services=tuple(Service(**each) for each in told["services"]),
        valid_for=told["valid_for"],
    )
