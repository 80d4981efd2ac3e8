"""What an account commits itself to: a minimum for each period, asked for where usage is less."""

from decimal import Decimal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.fee import ProrateBy, Proration

TRUE_UP = "true_up"
"""The usage type of what is missing to a minimum."""
COMMITMENT = "commitment:"
"""What the names of running commitments, and of totals of what counts for one, begin with."""


class Commitment(Struct, frozen=True, kw_only=True):
    """At least `minimum` for each period `every`, of what is billed without tax.

    With a `unit_amount`, `minimum` is a quantity, and so much is due for each that is missing. What
    counts is the total of `accumulator`, else what the price plan's `offers` or `products` bill
    (empty: all of its usage). A part of a period is prorated as a fee's is.
    """

    id: str
    product: str
    minimum: Decimal
    every: BillingPeriod
    unit_amount: Decimal | None = None
    accumulator: str = ""
    offers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    proration: Proration = "prorate"
    by: ProrateBy = "day"
    impacts: tuple[str, ...] = ()
