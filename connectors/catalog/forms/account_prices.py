"""The words of prices that were agreed with one account."""

from msgspec import Struct, field

from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.forms.words import Date


class AccountPricesForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices of one usage type under one price plan, from a date on, before the plan's own.

    Without prices the plan's own hold again. `subscription` narrows them to one of the account's.
    """

    price_plan: str
    usage_type: str
    subscription: str = ""
    start: Date = field(name="from")
    end: Date | None = field(default=None, name="until")
    prices: tuple[PriceForm, ...] = ()
