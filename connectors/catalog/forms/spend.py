"""The words of what an account pays at most, or at least, for a period."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.words import Id
from streams.model.fee import ProrateBy, Proration


class MaximumSpendForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that a period's usage costs without tax: of all offers, or of those named."""

    amount: Decimal
    offers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    every: str = "month"


class CommitmentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account pays at least for a period: `minimum` of money, or `quantity` at
    `unit_amount` each. What is missing is charged when the period has ended.

    What counts is the total of `accumulator`, else what `offers` or `products` of the plan bill.
    """

    id: Id
    product: str = ""
    minimum: Decimal | None = None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    accumulator: str = ""
    offers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    every: str = "month"
    proration: Proration = "prorate"
    by: ProrateBy = "day"
    impacts: tuple[str, ...] = ()
