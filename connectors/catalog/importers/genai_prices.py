"""The price table of the package `genai-prices`: all its providers and models, as one price plan.

The source is the package itself (`genai-prices`) or a file of its data (`data.json`,
`data_slim.json`). A record names `provider` and `model`; a zone unit finds which entry of the table
they mean at that time, so that dated entries are dated rows. Conditions by time of day are bands,
prices by context those of `llm_tokens`, variants (batch, priority) rows that ask for more.

A model is found by its id, and by the names and beginnings of names that the table lists for it. A
rule of another kind (a part of a name, a regular expression) has no place in a table of patterns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from connectors.catalog.importers.folder import CatalogFolder, ImportOptions, NameBook, Progress
from connectors.catalog.importers.genai_table import Model, Prices, read_models
from connectors.catalog.importers.genai_units import PricedUnit, leaf_amounts, read_units
from streams.model.trade_prices import TOKEN_PARENTS

_NO_DATE: Final = date.min
_ANY_TIME: Final = "any"
_START: Final = "1970-01-01"


def import_genai_prices(source: Path, options: ImportOptions, progress: Progress) -> CatalogFolder:
    """The catalog of the table. Raises SourceRefused."""
    unit_data, models, notes = read_models(source)
    units = read_units(unit_data)
    keys = {key for model in models for prices in model.all_prices() for key in prices}
    leaves = [unit for key, unit in units.items() if key in keys]
    switches = sorted({minute for model in models for minute in model.switches()})
    folder, names = CatalogFolder(notes=notes), NameBook()
    rows: list[tuple[str, str, str, str, str]] = []
    prices: list[dict[str, Any]] = []
    for number, model in enumerate(models):
        bands = _bands(model, switches)
        for start, end in pairwise([_NO_DATE, *model.dates(), date.max]):
            entry = f"{model.provider}.{model.id}"
            zone = names.id_of(entry if start == _NO_DATE else f"{entry}.{start:%Y%m%d}")
            dates = ("" if start == _NO_DATE else str(start), "" if end == date.max else str(end))
            rows += [(model.provider, pattern, zone, *dates) for pattern in model.patterns]
            for band, minute in bands.items():
                when = {"zone": zone} | ({} if band == _ANY_TIME else {"band": band})
                for asked, found in model.cells(start, minute):
                    prices += _rows(when | asked, found, leaves, units)
        progress(number + 1, len(models))
    prices += _unpriced(leaves)
    _put(folder, options, leaves, _time_unit(switches), _words(models))
    folder.put_rows("models.csv", ("origin", "destination", "zone", "from", "until"), rows)
    _put_prices(folder, options, prices, has_bands=bool(switches))
    return folder


def _bands(model: Model, switches: Sequence[int]) -> dict[str, int]:
    """The bands that matter to a model, each with a minute in it."""
    if not model.switches():
        return {_ANY_TIME: 0}
    return {_band_name(start): start for start in [0, *switches]}


def _band_name(minute: int) -> str:
    return f"utc_{minute // 60:02}{minute % 60:02}"


def _time_unit(switches: Sequence[int]) -> dict[str, Any]:
    edges = [*switches, 1440]
    bands = [
        {"band": _band_name(start), "hours": [f"{_hour(start)}-{_hour(end)}"]}
        for start, end in pairwise(edges)
    ]
    return {"id": "hours", "time_zone": "UTC", "bands": bands, "default": _band_name(0)}


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _rows(
    when: dict[str, str],
    prices: Prices,
    leaves: Sequence[PricedUnit],
    units: Mapping[str, PricedUnit],
) -> Iterator[dict[str, Any]]:
    """One row for all tokens, one for each other number that prices are by."""
    base = leaf_amounts({key: cell.base for key, cell in prices.items()}, leaves, units)
    starts = sorted({start for cell in prices.values() for start, _ in cell.tiers})
    above = [
        leaf_amounts({key: cell.above(start) for key, cell in prices.items()}, leaves, units)
        for start in starts
    ]
    levels = [_tokens(found, leaves) for found in (base, *above)]
    told = [kind for kind in levels[0] if any(_differs(kind, level) for level in levels)]
    amounts = [{kind: level[kind] for kind in told} for level in levels]
    price: dict[str, Any] = {"amounts": amounts[0]}
    if above:
        price["contexts"] = [
            {"above": start, "amounts": level}
            for start, level in zip(starts, amounts[1:], strict=True)
        ]
    yield {"when": when, "llm_tokens": price}
    for per in sorted({leaf.per for leaf in leaves if not leaf.is_token}):
        others = {leaf.name: n for leaf, n in base.items() if not leaf.is_token and leaf.per == per}
        if others:
            yield {"when": when, "per_unit": {"amounts": others, "per": per}}


def _tokens(
    found: Mapping[PricedUnit, Decimal], leaves: Sequence[PricedUnit]
) -> dict[str, Decimal]:
    return {leaf.name: found.get(leaf, Decimal(0)) for leaf in leaves if leaf.is_token}


def _differs(kind: str, level: Mapping[str, Decimal]) -> bool:
    """Whether the kind must be told: it costs something else than what it is a case of."""
    parent = TOKEN_PARENTS.get(kind)
    return parent is None or level[kind] != level[parent]


def _unpriced(leaves: Sequence[PricedUnit]) -> list[dict[str, Any]]:
    """What a model has no price for costs nothing."""
    amounts = {leaf.name: Decimal(0) for leaf in leaves if not leaf.is_token}
    return [{"per_unit": {"amounts": amounts}}] if amounts else []


def _words(models: Iterable[Model]) -> list[str]:
    """What variants ask for, besides provider and model."""
    return sorted({word for model in models for variant in model.variants for word in variant.when})


def _put(
    folder: CatalogFolder,
    options: ImportOptions,
    leaves: Sequence[PricedUnit],
    time_unit: dict[str, Any],
    words: list[str],
) -> None:
    usage_type = {
        "id": "llm_tokens",
        "units": [leaf.name for leaf in leaves],
        "attributes": ["provider", "model", *words],
    }
    sections: dict[str, Any] = {
        "tenant": options.tenant,
        "currencies": [{"code": "USD"}],
        "usage_types": [usage_type],
        "zone_units": [
            {
                "id": "models",
                "origin": ["provider"],
                "destination": ["model"],
                "rows_file": "models.csv",
            }
        ],
    }
    if time_unit["bands"]:
        sections["time_units"] = [time_unit]
    folder.put_yaml("catalog.yaml", sections, comment="Imported from genai-prices.")


def _put_prices(
    folder: CatalogFolder, options: ImportOptions, prices: list[dict[str, Any]], *, has_bands: bool
) -> None:
    offer: dict[str, Any] = {
        "id": "tokens",
        "usage_type": "llm_tokens",
        "from": _START,
        "zone_unit": "models",
    }
    if has_bands:
        offer["time_unit"] = "hours"
    plan = {"id": options.price_plan, "currency": "USD", "offers": [{**offer, "prices": prices}]}
    comment = "Imported from genai-prices; US dollars, tokens for a million."
    folder.put_yaml("price_plans.yaml", {"price_plans": [plan]}, comment=comment)
