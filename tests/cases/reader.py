"""Cases as they stand in a folder: one JSON object a line in `<source>/cases.jsonl`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = {"id", "source", "feature", "title", "given", "usage", "expect", "notes"}
_BESIDE = {"source_quirk", "checked", "recomputed"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `unknown` are keys that no case has had so far."""

    place: str
    id: str
    feature: str
    given: dict[str, Any]
    usage: list[dict[str, Any]]
    expect: dict[str, Any]
    notes: str
    unknown: tuple[str, ...]


def read_cases(folder: Path) -> list[Case]:
    """All cases of a folder, in the order of their files and lines."""
    return [
        _case(json.loads(line), f"{path.parent.name}:{number}")
        for path in sorted(folder.glob("*/cases.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.strip()
    ]


def _case(read: dict[str, Any], place: str) -> Case:
    return Case(
        place=place,
        id=read["id"],
        feature=read["feature"],
        given=read["given"],
        usage=read["usage"],
        expect=read["expect"],
        notes=read.get("notes") or "",
        unknown=tuple(sorted(set(read) - _HEAD - _BESIDE)),
    )
