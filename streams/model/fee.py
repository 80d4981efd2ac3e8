"""What a price plan charges without usage: once, or for each billing period."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.money import Quantity
from streams.model.prices import PriceKind

FEE = "fee"
"""The usage type and the unit of what a fee is charged over."""

Charged = Literal["forward", "arrears"]
"""When a period is charged: as it begins, or as it has ended."""

Proration = Literal["none", "full", "prorate", "average"]
"""What a part of a period costs: nothing, as much as the whole, or its share.

Or a period is charged once, for its average quantity by time: as many as usage has driven it to.
"""

ProrateBy = Literal["day", "exact"]
"""What a share is measured in: days of the calendar that the part touches, or elapsed time."""


class FeeGrant(Struct, frozen=True, kw_only=True):
    """An allowance that comes with a fee, for as long as the fee is paid for.

    None as `quantity`: as much of it as the fee costs (a commitment that usage is paid from).
    """

    allowance: str
    quantity: Decimal | None = None


class Fee(Struct, frozen=True, kw_only=True):
    """An amount due at activation, or for each period while a service is assigned.

    Without `every` it is due once. `price` is applied to `quantity` of unit `fee`, or to what the
    rate unit `driven_by` has come to. Of an assignment that takes the place of another one, a fee
    of the same `id` takes the place of the other's.
    """

    id: str
    product: str
    price: PriceKind
    quantity: Quantity = 1
    every: BillingPeriod | None = None
    charged: Charged = "forward"
    proration: Proration = "prorate"
    by: ProrateBy = "day"
    impacts: tuple[str, ...] = ()
    grants: tuple[FeeGrant, ...] = ()
    driven_by: str = ""
