"""Logs of the programs that run here: whole lines, in files of a bounded size and number.

A program writes into a pipe, and a thread of ours from there into its file. So a new file begins
between two lines without the program's help, and nothing is lost at it.
"""

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Final

LAST_LINES: Final = 15
LINE_BYTES_MAX: Final = 64 * 1024
"""A longer line is cut in two."""


@dataclass(frozen=True, kw_only=True)
class LogLimits:
    """A file begins anew at `file_bytes`; `files` of the ones before it are kept."""

    file_bytes: int = 10 * 1024 * 1024
    files: int = 5


class LogPump:
    """Carries what a program writes into its log until the program has closed its end.

    A full disk stops nobody: the lines that find no room are lost, the program goes on.
    """

    def __init__(self, pipe: IO[bytes], path: Path, limits: LogLimits) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._pipe = pipe
        self._file = _LineFile(path, limits)
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._thread = Thread(target=self._carry, name=f"log {path.name}", daemon=True)
        self._thread.start()

    def last_lines(self) -> list[str]:
        """What the program wrote last."""
        return [line.rstrip("\n") for line in self._last.copy()]

    def wait(self, within_s: float) -> None:
        """Wait until all that an ended program wrote is in its log.

        Not for ever: a child of it may live on with the same output.
        """
        self._thread.join(within_s)

    def _carry(self) -> None:
        with self._pipe:
            while line := self._pipe.readline(LINE_BYTES_MAX):
                self._last.append(line.decode(errors="replace"))
                self._file.write(line)
        self._file.close()


class _LineFile:
    """The file, and its forerunners `.1` (the newest) and so on."""

    def __init__(self, path: Path, limits: LogLimits) -> None:
        self._path = path
        self._limits = limits
        self._open()

    def _open(self) -> None:
        # Unbuffered: a line stands in the log when the program has written it.
        self._file = self._path.open("ab", buffering=0)
        self._size = self._file.tell()

    def write(self, line: bytes) -> None:
        """Add a line, in a new file where this one is full. A line without room is lost."""
        with suppress(OSError):
            if self._file.closed:
                self._open()
            elif self._size and self._size + len(line) > self._limits.file_bytes:
                self._begin_anew()
            self._size += self._file.write(line)

    def _begin_anew(self) -> None:
        self._file.close()
        for number in range(self._limits.files, 0, -1):
            newer = self._numbered(number - 1)
            if newer.exists():
                newer.replace(self._numbered(number))
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
