"""Discounts and promotions."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.eligibility import Eligibility, Step
from streams.model.money import Currency


class Need(Struct, frozen=True, array_like=True):
    """The account's total of an accumulator is `at_least` this, be it moved by other products."""

    accumulator: str
    at_least: Decimal


class Discount(Eligibility, frozen=True, kw_only=True):
    """Less to pay: `percent`, `amount` a record, `free_units`, or a percent by `tiers`.

    `tiers` go by the total of `reference` before the record. `free_units` of `units` are free for
    `each` record or month. All records of a month get `at_most` this much of money. With a `period`
    that takes the place of the month. Of discounts with the same `exclusive` only the first one in
    order that gives anything counts. `currency` narrows it to price plans in that currency.
    """

    id: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    free_units: Decimal | None = None
    units: tuple[str, ...] = ()
    each: Literal["record", "month"] = "month"
    tiers: tuple[Step, ...] = ()
    reference: str = ""
    at_most: Decimal | None = None
    currency: Currency = ""
    order: int = 0
    exclusive: str = ""
    needs: tuple[Need, ...] = ()
    period: BillingPeriod | None = None
