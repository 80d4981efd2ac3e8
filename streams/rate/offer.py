"""A price offer compiled: the rules that its usage goes through, each bound to its own terms."""

from streams.model.instant import Instant
from streams.rate.rules import compile_rules
from streams.rate.terms import OfferTerms


class CompiledOffer:
    """How a price plan prices one usage type from `start` until `end`.

    `product` is what revenue is reported by.
    """

    __slots__ = ("charges_zero", "end", "plan", "product", "rules", "start")

    def __init__(self, terms: OfferTerms) -> None:
        self.plan = terms.plan
        self.charges_zero = terms.charges_zero
        self.product = terms.offer.product
        self.start: Instant = terms.offer.start
        self.end: Instant = terms.offer.end
        self.rules = compile_rules(terms)
