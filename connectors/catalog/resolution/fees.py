"""Fees with their prices and periods resolved."""

from collections.abc import Mapping
from typing import Final

from connectors.catalog.forms.fees import FeeForm
from connectors.catalog.forms.when import BillingPeriodForm
from connectors.catalog.resolution.prices import simple_kind
from connectors.catalog.resolution.when import billing_period
from streams.model.billing_period import PERIOD_UNITS, BillingPeriod
from streams.model.fee import FEE, Fee, FeeGrant
from streams.model.prices import Flat, PriceKind
from streams.rate.quantity import exact

CALENDAR: Final[dict[str, BillingPeriod]] = {
    unit: BillingPeriod(id=unit, unit=unit) for unit in PERIOD_UNITS
}
"""The periods that need no declaration: units of the calendar."""


def fee(form: FeeForm, periods: Mapping[str, BillingPeriodForm]) -> Fee:
    """The model's fee."""
    return Fee(
        id=form.id,
        product=form.product or form.id,
        price=_price(form),
        quantity=exact(form.quantity),
        every=period_named(form.every, periods) if form.every else None,
        charged=form.charged,
        proration=form.proration,
        by=form.by,
        impacts=form.impacts,
        grants=tuple(
            FeeGrant(allowance=grant.allowance, quantity=grant.quantity) for grant in form.grants
        ),
    )


def period_named(name: str, periods: Mapping[str, BillingPeriodForm]) -> BillingPeriod:
    """A declared billing period, or a unit of the calendar."""
    return billing_period(periods[name]) if name in periods else CALENDAR[name]


def _price(form: FeeForm) -> PriceKind:
    if form.price is not None:
        return simple_kind(form.price)
    assert form.amount is not None
    return Flat(units=(FEE,), amount=form.amount)
