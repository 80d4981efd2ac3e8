"""Every word of catalog and scenario files stands in its reference page."""

from pathlib import Path
from typing import Any

import pytest

from connectors.catalog.form import CatalogFile
from connectors.catalog.schema import schema_of
from infra.scenario.form import ScenarioForm

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def words(node: Any) -> set[str]:
    if isinstance(node, list):
        return {word for each in node for word in words(each)}
    if not isinstance(node, dict):
        return set()
    own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
    choices = {value for value in node.get("enum", ()) if isinstance(value, str)}
    return own | choices | {word for value in node.values() for word in words(value)}


CATALOG_PAGES = (
    "catalog.md",
    "prices.md",
    "money.md",
    "attributes.md",
    "charging_doors.md",
    "budgets.md",
)


@pytest.mark.parametrize(
    ("form", "pages"),
    [(CatalogFile, CATALOG_PAGES), (ScenarioForm, ("scenarios.md", *CATALOG_PAGES))],
)
def test_every_word_is_explained(form: type, pages: tuple[str, ...]) -> None:
    text = "".join((REFERENCE / page).read_text() for page in pages)
    missing = {word for word in words(schema_of(form, "x")) if f"`{word}`" not in text}
    assert missing == set()
