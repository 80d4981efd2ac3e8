"""Fees with their prices and periods resolved."""

from connectors.catalog.forms.fees import FeeForm
from connectors.catalog.resolution.prices import simple_kind
from connectors.catalog.resolution.when import Periods, period_named
from streams.model.fee import FEE, Fee, FeeGrant
from streams.model.prices import Flat, PerUnit, PriceKind
from streams.rate.quantity import exact


def fee(form: FeeForm, periods: Periods) -> Fee:
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
        driven_by=form.driven_by,
        grants=tuple(
            FeeGrant(allowance=grant.allowance, quantity=grant.quantity) for grant in form.grants
        ),
    )


def _price(form: FeeForm) -> PriceKind:
    if form.price is not None:
        return simple_kind(form.price)
    assert form.amount is not None
    if form.quantity != 1 or form.driven_by:
        return PerUnit(amounts={FEE: form.amount})
    return Flat(units=(FEE,), amount=form.amount)
