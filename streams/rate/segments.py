"""The segments by totals that the records of an offer may be asked for: told for these alone."""

from collections.abc import Iterable, Iterator

from streams.model.eligibility import Eligibility
from streams.rate.asked import segments_asked
from streams.rate.attributes import CompiledAttributes
from streams.rate.eligibility import is_for
from streams.rate.rating import Rating
from streams.rate.terms import OfferTerms


class OfferSegments:
    """Segments that look at totals, told for each record of an offer."""

    __slots__ = ("attributes", "names")

    def __init__(self, attributes: CompiledAttributes, names: Iterable[str]) -> None:
        self.attributes = attributes
        self.names = tuple(sorted(names))

    def tell(self, rating: Rating) -> None:
        """Have the record's payer belong to what it belongs to as the record comes."""
        rating.payer = self.attributes.with_totals(rating.payer, self.names, rating.used_of)


def offer_segments(terms: OfferTerms) -> OfferSegments | None:
    """Those that something asks for which may concern a record of the offer; None: none does."""
    attributes = terms.declared
    if attributes is None or not attributes.by_total:
        return None
    names = attributes.everywhere | set(_asked(terms)) & attributes.by_total.keys()
    return OfferSegments(attributes, names) if names else None


def joined(several: Iterable[OfferSegments | None]) -> OfferSegments | None:
    """Those of several offers together."""
    found = [each for each in several if each is not None]
    if not found:
        return None
    return OfferSegments(found[0].attributes, {name for each in found for name in each.names})


def _asked(terms: OfferTerms) -> Iterator[str]:
    yield from segments_asked(terms.offer)
    yield from segments_asked(terms.plan)
    if terms.rate_units is not None:
        yield from segments_asked((terms.rate_units.units, terms.rate_units.maps))
    money = terms.money
    for rules in (
        money.discounts,
        money.taxes,
        money.shares,
        money.loyalty,
        money.thresholds,
        money.shared_caps,
    ):
        for rule in rules:
            if not isinstance(rule, Eligibility) or is_for(rule, terms):
                yield from segments_asked(rule)
    yield from segments_asked(money.commission_plans)
