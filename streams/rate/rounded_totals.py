"""The exact totals that are rounded as a whole, by name, and whose rounding a price plan has."""

from collections.abc import Iterator
from typing import Final

from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog, CurrencyRule
from streams.model.rounding import Rounding

ROUNDED: Final = "rounding:"
"""What the names of these totals begin with."""


def plan_rounding(rule: CurrencyRule, own: Rounding | None) -> Rounding:
    """That of a price plan in this currency."""
    outer = Rounding(mode=rule.rounding, digits=rule.digits, over=rule.over, every=rule.every)
    return outer if own is None else own.within(outer)


def rounded_total(scope: str) -> str:
    """The total of a price plan, or of an offer of one."""
    return f"{ROUNDED}{scope}"


def rounded_periods(catalog: Catalog) -> Iterator[tuple[str, BillingPeriod | None]]:
    """All of a catalog, and the periods that they go by."""
    rules = {each.code: each for each in catalog.currencies}
    for plan in catalog.price_plans:
        outer = plan_rounding(rules[plan.currency], plan.rounding)
        yield rounded_total(plan.id), outer.every
        for offer in plan.offers:
            if offer.rounding is not None:
                name = rounded_total(f"{plan.id}/{offer.id}")
                yield name, offer.rounding.within(outer).every
