"""Grants of price plans: words to the model."""

from connectors.catalog.forms.grants import GrantForm, RollOverForm
from connectors.catalog.resolution.when import Periods, own_period
from streams.model.account_period import BILLING_CYCLE, CYCLE
from streams.model.catalog import Grant
from streams.model.grant import RollOver


def grant(form: GrantForm, periods: Periods) -> Grant:
    """The model's grant."""
    return Grant(
        allowance=form.allowance,
        quantity=form.quantity,
        every=CYCLE if form.every == BILLING_CYCLE else own_period(form.every, periods),
        opens=form.opens,
        ends=form.ends,
        prorate=form.prorate,
        roll_over=roll_over(form.roll_over),
    )


def roll_over(form: RollOverForm | None) -> RollOver | None:
    """The model's terms of what rolls over."""
    if form is None:
        return None
    return RollOver(quantity=form.quantity, percent=form.percent, periods=form.periods)
