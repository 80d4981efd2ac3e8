"""Units of the price table of `genai-prices` → leaves, of which no token is in two.

That table counts wholes that include their parts: input with what was cached of it. A price list
here is by leaf, so each leaf gets the price of the most specific unit of the table that includes it
and has a price; a leaf of no such unit costs nothing, as it does there.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

OUR_NAMES: Final = {
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "cache_write_1h_tokens": "cache_creation_1h_input_tokens",
    "cache_audio_read_tokens": "cache_read_audio_tokens",
    "cache_image_read_tokens": "cache_read_image_tokens",
    "output_reasoning_tokens": "reasoning_output_tokens",
}
"""Names of the table → those of OpenTelemetry and of leaves, where they differ."""


class PricedUnit(NamedTuple):
    """A unit of the table: what it counts, by which number its prices are, what it is part of."""

    key: str
    price_key: str
    per: int
    dimensions: frozenset[tuple[str, str]]

    @property
    def name(self) -> str:
        """The leaf's name."""
        return OUR_NAMES.get(self.key, self.key)

    @property
    def is_token(self) -> bool:
        """True for what is priced by the million and by context."""
        return ("family", "tokens") in self.dimensions


def read_units(unit_data: Mapping[str, Mapping[str, Any]]) -> dict[str, PricedUnit]:
    """The units by the key of their price."""
    found = {}
    for key, unit in unit_data.items():
        dimensions = frozenset(unit["dimensions"].items())
        found[unit["price_key"]] = PricedUnit(key, unit["price_key"], unit["per"], dimensions)
    return found


def leaf_amounts(
    amounts: Mapping[str, Decimal], leaves: Iterable[PricedUnit], units: Mapping[str, PricedUnit]
) -> dict[PricedUnit, Decimal]:
    """The price of each leaf for as many as the table's unit is by; those of no unit are left out.

    `amounts` are by price key.
    """
    found: dict[PricedUnit, Decimal] = {}
    priced = [units[key] for key in amounts]
    for leaf in leaves:
        holding = [each for each in priced if each.dimensions <= leaf.dimensions]
        if holding:
            whole = max(holding, key=lambda each: len(each.dimensions))
            found[leaf] = amounts[whole.price_key]
    return found
