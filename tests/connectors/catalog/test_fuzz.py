"""Whatever a catalog's text becomes, reading it gives problems or a catalog that compiles."""

import copy
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog, pack_catalog, unpack_catalog

HERE = Path(__file__).parent
CATALOGS = HERE.parents[2] / "catalog"
SOUND = [(HERE / name).read_text() for name in ("sound.yaml", "sound_money.yaml")]
EXAMPLES = sorted(path.parent.name for path in CATALOGS.glob("*/catalog.yaml"))
TOKEN = re.compile(r"[\w.-]+|[^\w\s]|\n")
WORDS = [
    *("0", "-1", "1e400", "99999999999999999999", "0.000000000000001", "null", "true", "~", "*x"),
    *("[]", "{}", "''", "!!set", "&a", "2026-13-45", "9999-12-31", "24:00", "half_up", "zone"),
    *(
        "count.x",
        "a && b",
        "((((",
        "1/0",
        "02-30",
        "always",
        "0d",
        "vat",
        "fee",
        "é",
        "@",
        "|",
        ">",
    ),
    *("CHF", "s", "n", "free", "monthly", "record", "home", "per_unit", "volume", "composite", "-"),
]


@some.composite
def edits(draw: some.DrawFn) -> list[tuple[float, str, str]]:
    """Where, what, and a word: tokens left out, repeated, replaced, or lines lost."""
    edit = some.tuples(
        some.floats(0, 1, exclude_max=True),
        some.sampled_from(["drop", "repeat", "replace", "lose", "swap"]),
        some.sampled_from(WORDS),
    )
    return draw(some.lists(edit, min_size=1, max_size=3))


def edited(text: str, changes: list[tuple[float, str, str]]) -> str:
    for where, what, word in changes:
        if what == "lose":
            lines = text.splitlines(keepends=True)
            del lines[int(where * len(lines)) : int(where * len(lines)) + 1]
            text = "".join(lines)
            continue
        tokens = list(TOKEN.finditer(text))
        if not tokens:
            break
        token = tokens[int(where * len(tokens))]
        following = tokens[min(int(where * len(tokens)) + 1, len(tokens) - 1)]
        new = {
            "drop": "",
            "repeat": f"{token[0]} {token[0]}",
            "replace": word,
            "swap": following[0],
        }[what]
        text = text[: token.start()] + new + text[token.end() :]
    return text


def assert_whole(folder: Path) -> None:
    found = read_catalog(folder)
    if isinstance(found, Catalog):
        compile_plan(found)
        assert unpack_catalog(pack_catalog(found)) == found
    else:
        assert found
        assert all(problem.message and problem.line >= 1 for problem in found)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of a tree but its root."""
    below = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = []
    for key, value in below:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


def grafted(tree: Any, cuts: list[tuple[float, float, str]]) -> Any:
    """The tree with values left out, said twice, or in the place of others of another kind."""
    tree = copy.deepcopy(tree)
    for where, other, what in cuts:
        ways = places(tree)
        if not ways:
            break
        *above, key = ways[int(where * len(ways))]
        holder, value = tree, tree
        for step in above:
            holder = holder[step]
        for step in ways[int(other * len(ways))]:
            value = value[step]
        value = copy.deepcopy(value)
        if what == "leave out":
            del holder[key]
        elif what == "twice" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif what == "wrap":
            holder[key] = [holder[key]]
        else:
            holder[key] = value
    return tree


@pytest.mark.parametrize("sound", SOUND, ids=["plain", "money"])
@settings(max_examples=100, deadline=None)
@given(changes=edits())
def test_a_catalog_with_random_mistakes(sound: str, changes: list[tuple[float, str, str]]) -> None:
    with TemporaryDirectory() as name:
        (Path(name) / "catalog.yaml").write_text(edited(sound, changes))
        assert_whole(Path(name))


cuts = some.tuples(
    some.floats(0, 1, exclude_max=True),
    some.floats(0, 1, exclude_max=True),
    some.sampled_from(["leave out", "twice", "wrap", "put", "put"]),
)


@pytest.mark.parametrize("sound", SOUND, ids=["plain", "money"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=some.lists(cuts, min_size=1, max_size=3))
def test_a_catalog_with_parts_in_the_wrong_place(
    sound: str, cuts: list[tuple[float, float, str]]
) -> None:
    tree = yaml.load(sound, Loader=yaml.BaseLoader)
    with TemporaryDirectory() as name:
        (Path(name) / "catalog.yaml").write_text(yaml.safe_dump(grafted(tree, cuts)))
        assert_whole(Path(name))


@pytest.mark.parametrize("example", EXAMPLES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=some.integers(0, 20), changes=edits())
def test_an_example_with_random_mistakes(
    example: str, file: int, changes: list[tuple[float, str, str]]
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(shutil.copytree(CATALOGS / example, Path(name) / example))
        paths = sorted(folder.glob("*.yaml"))
        path = paths[file % len(paths)]
        path.write_text(edited(path.read_text(), changes))
        assert_whole(folder)
