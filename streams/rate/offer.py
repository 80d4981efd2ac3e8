"""A price offer compiled: the rules that its usage goes through, each bound to its own terms."""

from streams.model.instant import Instant
from streams.outcome import Drop, Reject
from streams.rate.eligibility import is_for
from streams.rate.outcome import CompiledOutcome
from streams.rate.rating import Rating
from streams.rate.rule import CompileRule
from streams.rate.rules import RULES, compile_rules
from streams.rate.rules.revenue_share import asks_tier
from streams.rate.rules.shared_cap import caps_of
from streams.rate.segments import offer_segments
from streams.rate.terms import OfferTerms


class CompiledOffer:
    """How a price plan prices one usage type from `start` until `end`.

    `product` is what revenue is reported by. `is_derived`: how much a record is follows from more
    than itself: rate units say it, or what is held (`is_held`: its units stay).
    `reads_state`: its rules look into the state. `has_sequel`: something may be done once a record
    is charged, with what it drives, with the points that it `earns`, or with caps that
    accounts share (`is_capped`).
    `takes_nothing`: records that measured nothing may be charged. With an `outcome`, records move
    sessions, and what is achieved in them is charged. `segments` are those by totals that it may be
    asked for, told before any of its rules.
    """

    __slots__ = (
        "earns",
        "end",
        "has_sequel",
        "is_capped",
        "is_derived",
        "is_held",
        "outcome",
        "plan",
        "product",
        "reads_state",
        "rules",
        "segments",
        "start",
        "takes_nothing",
        "terms",
    )

    def __init__(self, terms: OfferTerms, rules: tuple[CompileRule, ...] = RULES) -> None:
        self.terms = terms
        self.plan = terms.plan
        self.is_held = terms.offer.holding is not None or bool(terms.driven)
        self.earns = any(
            rule.resource in terms.money.converted and is_for(rule, terms)
            for rule in terms.money.loyalty
        )
        self.is_capped = rules is RULES and bool(caps_of(terms))
        self.has_sequel = self.is_held or self.earns or self.is_capped
        self.is_derived = terms.rate_units is not None or self.is_held
        rule = terms.outcome
        self.outcome = None if rule is None else CompiledOutcome(rule, terms.units)
        self.segments = offer_segments(terms)
        self.reads_state = (
            self.is_derived
            or rule is not None
            or asks_tier(terms)
            or bool(terms.plan.tallies)
            or self.segments is not None
            or self.is_capped
        )
        self.takes_nothing = terms.charges_zero or self.is_derived or rule is not None
        self.product = terms.offer.product
        self.start: Instant = terms.offer.start
        self.end: Instant = terms.offer.end
        self.rules = compile_rules(terms, rules)


def rate_usage(rating: Rating, offer: CompiledOffer) -> Drop | Reject | None:
    """Apply the offer's rules; the first that refuses ends it."""
    for rule in offer.rules:
        refusal = rule(rating)
        if refusal is not None:
            return refusal
    return None
