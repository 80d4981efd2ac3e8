"""The rules of rating in their order: each amends the `Rating`, or says why it cannot be charged.

An offer is compiled to those that it needs (`compile_rules`), each bound to that offer's own terms:
so a flat price runs through two of them, however many there are.
"""

from streams.rate.rule import CompileRule, Rule
from streams.rate.rules.allowance import compile_allowance
from streams.rate.rules.amount import compile_amount
from streams.rate.rules.band import compile_band
from streams.rate.rules.commitment import compile_commitment
from streams.rate.rules.cost import compile_cost, compile_cost_lines
from streams.rate.rules.discount import compile_discount
from streams.rate.rules.free_units import compile_free_units
from streams.rate.rules.holding import compile_holding
from streams.rate.rules.loyalty import compile_loyalty
from streams.rate.rules.maximum_spend import compile_maximum_spend
from streams.rate.rules.money_allowance import compile_money_allowance, compile_taxed_allowance
from streams.rate.rules.outcome import compile_outcome_price
from streams.rate.rules.partner_volume import compile_partner_volume
from streams.rate.rules.quantity import compile_quantity
from streams.rate.rules.revenue_share import compile_revenue_share
from streams.rate.rules.rounding import compile_rounding
from streams.rate.rules.settled import compile_settled
from streams.rate.rules.share import compile_share
from streams.rate.rules.shared_cap import compile_shared_caps
from streams.rate.rules.spend import compile_spend
from streams.rate.rules.tax import compile_tax
from streams.rate.rules.tax_bounds import compile_tax_bounds
from streams.rate.rules.tier_impacts import compile_tier_impacts
from streams.rate.rules.zone import compile_zone
from streams.rate.terms import OfferTerms

RULES: tuple[CompileRule, ...] = (
    # First: everything else goes by how much it is.
    compile_quantity,
    # After quantity: what is derived may be a change of what is held, or its level.
    compile_holding,
    compile_zone,
    compile_band,
    # Before price: a price may be a markup on the cost.
    compile_cost,
    # After zone and band: prices ask for both, and so do allowances.
    compile_outcome_price,
    # A fee's price is that of a whole period.
    compile_share,
    # After price, and before any line takes back: what was charged says which tier it fell into.
    compile_tier_impacts,
    # Before allowances: a promotion's free units use up no grant.
    compile_free_units,
    # After price: an allowance offsets what was priced, at the price it had.
    compile_allowance,
    # After allowances, and before discounts: those are on what is settled as well.
    compile_settled,
    # After allowances: what they cover costs nothing, and no discount is used up for it.
    compile_discount,
    # After discounts: it pays what the customer would.
    compile_money_allowance,
    # Once: what is rounded is what the record costs as a whole, not each step of it.
    compile_rounding,
    # After rounding: what counts is what is billed. Before taxes: they are on what is asked for.
    compile_maximum_spend,
    # After rounding: taxes are on what is asked for, and are rounded by themselves.
    compile_tax,
    compile_tax_bounds,
    # After tax, which it does not pay.
    compile_taxed_allowance,
    # After all that changes what the customer pays.
    compile_spend,
    compile_shared_caps,
    # After tax: tax is not the tenant's to count or share, and earns no points.
    compile_amount,
    compile_partner_volume,
    compile_commitment,
    compile_revenue_share,
    compile_loyalty,
    # Last: no rule takes them for lines that the customer pays.
    compile_cost_lines,
)


SETTLEMENT_RULES: tuple[CompileRule, ...] = (
    compile_discount,
    compile_rounding,
    compile_maximum_spend,
    compile_tax,
    compile_spend,
    compile_amount,
    compile_partner_volume,
    compile_commitment,
    compile_revenue_share,
    compile_loyalty,
)
"""What corrects the charges of a period goes the way that they went, once they were priced."""

BEST_PRICE_RULES: tuple[CompileRule, ...] = (
    compile_rounding,
    compile_tax,
    compile_spend,
    compile_amount,
    compile_partner_volume,
    compile_commitment,
    compile_revenue_share,
    compile_loyalty,
)
"""What the cheapest offer comes to has its discounts and its maximum in it."""

TRUE_UP_RULES: tuple[CompileRule, ...] = (
    compile_rounding,
    compile_tax,
    compile_amount,
    compile_partner_volume,
    compile_revenue_share,
    compile_loyalty,
)
"""What is missing to a minimum is asked for whole: nothing is taken off it, and it counts for no
other minimum."""


def compile_rules(terms: OfferTerms, rules: tuple[CompileRule, ...] = RULES) -> tuple[Rule, ...]:
    """The rules that an offer needs, in order."""
    compiled = (compile_rule(terms) for compile_rule in rules)
    return tuple(rule for rule in compiled if rule is not None)
