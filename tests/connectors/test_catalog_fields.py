"""Mistakes in source platforms are told with their place before the catalog is taken."""

import shutil
from pathlib import Path

import pytest

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog

CATALOGS = Path(__file__).parents[2] / "catalog"


def problems(folder: Path, name: str, *changes: tuple[str, str]) -> list[str]:
    """What is told about an example catalog after changes to its source platforms."""
    copy = folder / name
    shutil.copytree(CATALOGS / name, copy)
    file = copy / "source_platforms.yaml"
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file.write_text(text)
    found = read_catalog(copy)
    return [] if isinstance(found, Catalog) else [str(problem) for problem in found]


@pytest.mark.parametrize("name", ["ai-api", "mobile-operator"])
def test_example_platforms_are_sound(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, name) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        ("ai-api", "service_id: subject", "service_id: a..b", "'a..b' is no field path"),
        ("ai-api", "body: data.usage", "body: data.usage.", "'data.usage.' is no field path"),
        ("ai-api", "attribute: model", "attribute: modl", 'no attribute "modl"'),
        ("ai-api", "type: llm.completion", "kind: x", '"kind" is not a word of the catalog here'),
        ("ai-api", "data.status != 200", "data.status !", "near '!', at line 1, column 33"),
        ("ai-api", "data.status != 200", "data.status + 1", "&& needs bool, not number"),
        ("ai-api", "kind: llm_usage", "kind: llm", "expected llm_usage or otel_genai"),
        ("mobile-operator", "service_id: caller", "service_id: callr", 'no column "callr"'),
        ("mobile-operator", "region: CH", "region: XX", '"XX" is no region'),
        ("mobile-operator", "call_id, caller,", "call_id,", 'no column "caller"'),
        (
            "mobile-operator",
            "format: csv",
            "format: csv\n    filters: [{id: a, drop_when: dur > 1}]",
            "unknown field dur, there are: call_id",
        ),
    ],
)
def test_mistake_is_told(tmp_path: Path, name: str, before: str, after: str, message: str) -> None:
    told = problems(tmp_path, name, (before, after))
    assert any(message in problem for problem in told), told
    assert all(problem.startswith("source_platforms.yaml:") for problem in told)
