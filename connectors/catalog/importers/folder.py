"""What an import makes: the files of a catalog folder, and what went wrong on the way."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from connectors.errors import Refused

Progress = Callable[[int, int], None]
"""Told how many of how many entries are done."""

_ID_MAX: Final = 64
_PROBLEMS_MAX: Final = 100


class ImportProblem(Struct, frozen=True, order=True):
    """One mistake of a source: `value` is what stands in `field` of the line."""

    file: str
    line: int
    field: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        seen = f" {self.field} {self.value!r}:" if self.field else ""
        return f"{where}: error:{seen} {self.message}"


class SourceRefused(Refused):
    """The source has mistakes; nothing was written."""

    def __init__(self, problems: Sequence[ImportProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


class ProblemList:
    """Gathers the mistakes of one file; gives up where there are too many."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[ImportProblem] = []

    def add(self, line: int, name: str, value: object, message: str) -> None:
        """Note a mistake. Raises SourceRefused once there are too many to go on."""
        self.problems.append(ImportProblem(self.file, line, name, str(value), message))
        if len(self.problems) >= _PROBLEMS_MAX:
            self.check()

    def check(self) -> None:
        """Raise SourceRefused where there are mistakes."""
        if self.problems:
            raise SourceRefused(sorted(self.problems))


class ImportOptions(Struct, frozen=True, kw_only=True):
    """What sources do not say themselves."""

    tenant: str = "imported"
    currency: str = "USD"
    price_plan: str = "standard"


@dataclass(slots=True)
class CatalogFolder:
    """Files by name. `notes` tell what the source says and a catalog does not."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put_yaml(self, name: str, sections: dict[str, Any], *, comment: str) -> None:
        """A YAML file of sections, with one line on where it comes from."""
        text = yaml.dump(
            sections, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=100
        )
        self.files[name] = f"# {comment}\n{text}"

    def put_rows(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A CSV file with a header."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        self.files[name] = target.getvalue()

    def write(self, into: Path) -> None:
        """Write all files. Raises Refused where one of them is there already."""
        into.mkdir(parents=True, exist_ok=True)
        there = [path.name for path in into.iterdir() if path.suffix in (".yaml", ".yml", ".csv")]
        if there:
            raise Refused(f"{into} already has {sorted(there)[0]}: expected a new or empty folder")
        for name, text in self.files.items():
            (into / name).write_text(text, encoding="utf-8")


class NameBook:
    """Texts of a source as ids of a catalog: each text one id, each id one text."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._taken: set[str] = set()

    def id_of(self, text: str) -> str:
        """`Toronto, Ontario (Canada)` → `toronto_ontario_canada`; of texts alike, a number too."""
        found = self._ids.get(text)
        if found is None:
            stem = re.sub(r"[^A-Za-z0-9.-]+", "_", text).strip("_.-").lower() or "zone"
            found, number = stem[:_ID_MAX], 1
            while found in self._taken:
                number += 1
                end = f".{number}"
                found = stem[: _ID_MAX - len(end)] + end
            self._ids[text] = found
            self._taken.add(found)
        return found


class _Dumper(yaml.CSafeDumper):
    """Decimals as they are written, without exponent; nothing is said by reference."""

    def ignore_aliases(self, data: object) -> bool:
        """Values that are the same are written again."""
        del data
        return True


def _write_decimal(dumper: yaml.CSafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = format(value, "f")
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(Decimal, _write_decimal)
