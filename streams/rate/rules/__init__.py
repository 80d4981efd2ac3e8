"""The rules of rating in their order: each amends the `Rating`, or says why it cannot be charged.

An offer is compiled to those that it needs (`compile_rules`), each bound to that offer's own terms:
so a flat price runs through two of them, however many there are.
"""

from streams.rate.rule import CompileRule, Rule
from streams.rate.rules.allowance import compile_allowance
from streams.rate.rules.band import compile_band
from streams.rate.rules.outcome import compile_outcome_price
from streams.rate.rules.quantity import compile_quantity
from streams.rate.rules.rounding import compile_rounding
from streams.rate.rules.zone import compile_zone
from streams.rate.terms import OfferTerms

RULES: tuple[CompileRule, ...] = (
    # First: everything else goes by how much it is.
    compile_quantity,
    compile_zone,
    compile_band,
    # After zone and band: prices ask for both, and so do allowances.
    compile_outcome_price,
    # After price: an allowance offsets what was priced, at the price it had.
    compile_allowance,
    # Last, and once: what is rounded is the record's whole amount, not each step of it.
    compile_rounding,
)


def compile_rules(terms: OfferTerms) -> tuple[Rule, ...]:
    """The rules that an offer needs, in order."""
    compiled = (compile_rule(terms) for compile_rule in RULES)
    return tuple(rule for rule in compiled if rule is not None)
