"""Whose rounding a price plan and its offers have: their own, else that of what is around them."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.model.catalog import CurrencyRule
from streams.model.money import ROUNDING_MODES
from streams.model.rounding import Rounding
from streams.rate.terms import PlanTerms

ROUNDED: Final = "rounding:"
"""What the names of exact totals begin with that are rounded as a whole."""


def plan_rounding(rule: CurrencyRule, own: Rounding | None) -> Rounding:
    """That of a price plan in this currency."""
    outer = Rounding(mode=rule.rounding, digits=rule.digits, over=rule.over)
    return outer if own is None else own.within(outer)


def with_rounding(terms: PlanTerms, rounding: Rounding, scope: str) -> PlanTerms:
    """The terms with this rounding; what is rounded as a whole is all that has this `scope`."""
    digits = rounding.digits or 0
    return replace(
        terms,
        quantum=Decimal(1).scaleb(-digits),
        nothing=Decimal(0).scaleb(-digits),
        rounding=ROUNDING_MODES[rounding.mode],
        rounds=rounding.over or "record",
        rounded_in=f"{ROUNDED}{scope}",
    )
