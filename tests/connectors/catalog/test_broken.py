"""Each kind of mistake once: every problem is told with file, line, place and what was expected.

Beside each `broken/<mistake>.yaml` stand its exact problems, one a line. All are `sound.yaml` or
`sound_money.yaml` with one mistake in it.
"""

from pathlib import Path

import pytest

from connectors.catalog.load import load_catalog, read_catalog
from connectors.errors import Refused
from streams.model.catalog import Catalog
from streams.rate.plan import compile_catalog

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))


def folder_of(text: str, folder: Path) -> Path:
    (folder / "catalog.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("name", ["sound.yaml", "sound_money.yaml"])
def test_the_catalog_without_a_mistake_is_sound(name: str, tmp_path: Path) -> None:
    found = read_catalog(folder_of((HERE / name).read_text(), tmp_path))
    assert isinstance(found, Catalog)
    compile_catalog(found)


def test_there_are_many_mistakes() -> None:
    assert len(BROKEN) >= 130


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_problem_is_told_and_nothing_loaded(path: Path, tmp_path: Path) -> None:
    folder = folder_of(path.read_text(), tmp_path)
    found = read_catalog(folder)
    assert not isinstance(found, Catalog)
    told = "".join(f"{problem}\n" for problem in found)
    assert told == path.with_suffix(".problems").read_text()
    with pytest.raises(Refused):
        load_catalog(folder)
