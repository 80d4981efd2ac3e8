"""What an account pays at most, and at least, from its words."""

from decimal import Decimal

from connectors.catalog.forms.spend import CommitmentForm, MaximumSpendForm
from connectors.catalog.resolution.when import Periods, own_period, period_named
from streams.model.commitment import Commitment
from streams.model.maximum_spend import MaximumSpend


def maximum_spend(form: MaximumSpendForm | None, periods: Periods) -> MaximumSpend | None:
    """A price plan's maximum."""
    if form is None:
        return None
    return MaximumSpend(
        amount=form.amount,
        offers=form.offers,
        products=form.products,
        every=own_period(form.every, periods),
    )


def commitment(form: CommitmentForm, periods: Periods) -> Commitment:
    """A commitment of money, or of a quantity."""
    minimum = form.quantity if form.minimum is None else form.minimum
    return Commitment(
        id=form.id,
        product=form.product or form.id,
        minimum=minimum or Decimal(0),
        every=period_named(form.every, periods),
        unit_amount=form.unit_amount,
        accumulator=form.accumulator,
        offers=form.offers,
        products=form.products,
        proration=form.proration,
        by=form.by,
        impacts=form.impacts,
    )
