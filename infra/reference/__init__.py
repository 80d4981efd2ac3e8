"""The pages of docs/reference, made from the code they describe."""

from collections.abc import Callable, Mapping
from pathlib import Path

from infra.reference import api, codes, commands, metrics, settings, tables, topics

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings.page,
    "commands.md": commands.page,
    "codes.md": codes.page,
    "metrics.md": metrics.page,
    "topics.md": topics.page,
    "tables.md": tables.page,
    "api.md": api.page,
}
