"""What is wrong with a catalog and where, so that an editor can jump to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct


class CatalogProblem(Struct, frozen=True, order=True):
    """One mistake. `pointer` is the JSON pointer of the place inside the file."""

    file: str
    line: int
    pointer: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        where = f" ({self.pointer})" if self.pointer else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.message}{where}"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: the book of problems knows its line."""

    file: str
    pointer: str = ""

    def at(self, *steps: str | int) -> "Place":
        """The place of a key or item below this one."""
        below = "".join(f"/{_escaped(str(step))}" for step in steps)
        return Place(self.file, self.pointer + below)


class ProblemBook:
    """Collects problems; silent about places whose value could not be read in the first place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[CatalogProblem] = []
        self._lines: dict[Place, int] = {}
        self._spoiled: set[Place] = set()

    def know(self, place: Place, line: int) -> None:
        """Remember the line of a place."""
        self._lines[place] = line

    def know_first(self, place: Place, line: int) -> None:
        """Remember the line of a place, unless it is known."""
        self._lines.setdefault(place, line)

    def spoil(self, place: Place, message: str) -> None:
        """Report a value that cannot be read; what follows from it is not reported again."""
        self.report(place, message)
        self._spoiled.add(place)

    def report(self, place: Place, message: str) -> None:
        """Add a problem, unless its place or one above it is spoiled."""
        pointer = place.pointer
        while True:
            if Place(place.file, pointer) in self._spoiled:
                return
            if not pointer:
                break
            pointer = pointer.rpartition("/")[0]
        found = CatalogProblem(place.file, self._line_of(place), place.pointer, message)
        if found not in self.problems:
            self.problems.append(found)

    def _line_of(self, place: Place) -> int:
        pointer = place.pointer
        while pointer and Place(place.file, pointer) not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(Place(place.file, pointer), 1)


def unknown(kind: str, name: str, known: Mapping[str, object] | set[str]) -> str:
    """`no usage type "x"; known are …`: what was expected where a name leads nowhere."""
    names = ", ".join(sorted(known)[:12]) or "none"
    return f'no {kind} "{name}" in this catalog; there are: {names}'


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
