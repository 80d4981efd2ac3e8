"""How an offer charges units that stay, from its words."""

from connectors.catalog.form import OfferForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.resolution.when import Periods, period_named
from streams.model.holding import Holding


def holding(form: OfferForm, periods: Periods) -> Holding | None:
    """The model's holding; None where the offer's units do not stay."""
    if form.prorate is None:
        return None
    return Holding(every=period_named(form.every or MONTH, periods), by=form.prorate)
