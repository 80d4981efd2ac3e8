"""Rating groups and subscribers of a catalog, as doors use them: counts ↔ units, whose service id.

Counts are what a network counts (seconds, octets); units are what the catalog prices. What is
converted is exact; a grant that is no whole count is told as the whole one below it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from streams.model.catalog import Catalog
from streams.model.money import CONTEXT
from streams.model.rating_group import CountName, RatingGroup

Counts = dict[CountName, Decimal]
Fact = Callable[[str], str]
"""What a request tells at a place; empty where it tells nothing."""


class Unrated(Exception):
    """The catalog does not say how it is priced; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One rating group of a request. `requested` None: nothing; empty: the catalog says how much.

    `used_after` is what was used after the change of the tariff that the grant told. A count that
    the catalog does not know is left out: networks report all that they count.
    """

    number: int
    requested: Counts | None = None
    used: Counts = field(default_factory=dict)
    used_after: Counts = field(default_factory=dict)


class Terms:
    """What one version of a tenant's catalog says of rating groups and subscribers."""

    def __init__(self, catalog: Catalog) -> None:
        self._groups = {group.number: group for group in catalog.rating_groups}
        self._rules = catalog.subscribers

    def service_id(self, subscriber: str) -> str:
        """The service id of a subscriber's identifier."""
        for rule in self._rules:
            if subscriber.startswith(rule.prefix):
                return rule.instead + subscriber[len(rule.prefix) :]
        return subscriber

    def known(self, subscribers: list[str]) -> str:
        """The first identifier that a rule fits; where none does, the first."""
        prefixes = tuple(rule.prefix for rule in self._rules)
        return next((each for each in subscribers if each.startswith(prefixes)), subscribers[0])

    def group(self, number: int) -> RatingGroup:
        """The rating group. Raises Unrated."""
        found = self._groups.get(number)
        if found is None:
            raise Unrated(f"rating group {number} is not in the catalog")
        return found


def service_body(group: RatingGroup, asked: Asked, fact: Fact) -> dict[str, Any]:
    """One service of a session's request. Raises Unrated where nothing of it is counted."""
    requested: dict[str, str] = {}
    if asked.requested is not None:
        requested = _units(group, asked.requested)
        if not requested and group.quota:
            requested = _units(group, {group.counts[0].count: Decimal(group.quota)})
        if not requested:
            raise Unrated(f"nothing that is requested of rating group {group.number} is counted")
    return {
        "usage_type": group.usage_type,
        "rating_group": str(group.number),
        "requested": requested,
        "used": _units(group, asked.used),
        "used_after": _units(group, asked.used_after),
        "attributes": _attributes(group, fact),
    }


def counts_of(group: RatingGroup, units: Mapping[str, str]) -> Counts:
    """Units as the network counts them."""
    found: Counts = {}
    for each in group.counts:
        if each.unit in units:
            exact = CONTEXT.multiply(Decimal(units[each.unit]), Decimal(each.per))
            whole = each.count != "money"
            found[each.count] = exact.to_integral_value(ROUND_FLOOR) if whole else exact
    return found


def merged(asked: list[Asked]) -> list[Asked]:
    """Each rating group once, in the order they first come: what is told of it adds up."""
    found: dict[int, Asked] = {}
    for each in asked:
        known = found.get(each.number)
        if known is None:
            found[each.number] = each
            continue
        requested = known.requested
        if each.requested is not None:
            requested = summed(requested or {}, each.requested)
        used, after = summed(known.used, each.used), summed(known.used_after, each.used_after)
        found[each.number] = Asked(each.number, requested, used, after)
    return list(found.values())


def completed(counts: Counts) -> Counts:
    """With the total volume, where its parts alone are told."""
    parts = [counts[name] for name in ("input_volume", "output_volume") if name in counts]
    if not parts or "total_volume" in counts:
        return counts
    return {**counts, "total_volume": sum(parts, Decimal(0))}


def summed(one: Counts, other: Counts) -> Counts:
    """Both together."""
    total = dict(one)
    for name, value in other.items():
        total[name] = CONTEXT.add(total.get(name, Decimal(0)), value)
    return total


def _units(group: RatingGroup, counts: Counts) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in group.counts:
        value = counts.get(each.count)
        if value is not None:
            found[each.unit] = f"{CONTEXT.divide(value, Decimal(each.per)).normalize(CONTEXT):f}"
    return found


def _attributes(group: RatingGroup, fact: Fact) -> dict[str, str]:
    found = {}
    for each in group.attributes:
        value = next((told for source in each.sources if (told := fact(source))), each.constant)
        if value:
            found[each.name] = value
    return found
