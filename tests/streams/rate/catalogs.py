"""A catalog's text, read as its file would be."""

from pathlib import Path

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog
from streams.rate.plan import Plan, compile_catalog


def plan_of(folder: Path, text: str) -> Plan:
    """The plan of a catalog of one file; a mistake in it fails the test."""
    (folder / "catalog.yaml").write_text(text)
    found = read_catalog(folder)
    assert isinstance(found, Catalog), [str(each) for each in found]
    return compile_catalog(found)
