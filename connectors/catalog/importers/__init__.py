"""Foreign price tables → catalog folders: one file a kind of source."""

from collections.abc import Callable
from pathlib import Path

from connectors.catalog.importers.cgrates import import_cgrates
from connectors.catalog.importers.folder import (
    CatalogFolder,
    ImportOptions,
    ImportProblem,
    Progress,
    SourceRefused,
)
from connectors.catalog.importers.genai_prices import import_genai_prices
from connectors.catalog.importers.rate_deck import import_rate_deck
from connectors.catalog.importers.zone_sheet import import_zone_sheet

__all__ = ["IMPORTERS", "ImportOptions", "ImportProblem", "SourceRefused"]

Importer = Callable[[Path, ImportOptions, Progress], CatalogFolder]

IMPORTERS: dict[str, Importer] = {
    "cgrates": import_cgrates,
    "genai-prices": import_genai_prices,
    "rate-deck": import_rate_deck,
    "zone-sheet": import_zone_sheet,
}
"""What reads which kind of source; each raises SourceRefused with all mistakes of its source."""
