"""The most that an account pays under a price plan."""

from decimal import Decimal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod


class MaximumSpend(Struct, frozen=True, kw_only=True):
    """No more than `amount` a period, without tax, for the usage of these `offers` or `products`;
    empty means any of the price plan. Without `every`, by calendar month of the account."""

    amount: Decimal
    offers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    every: BillingPeriod | None = None
