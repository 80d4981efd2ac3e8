"""What the periods before say, as one number that tiers and shares go by."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.price import NOTHING

EvaluatedAs = Literal["total", "average", "annualised"]
"""The sum of the periods, their average, or what a year of such periods would come to."""


class Evaluation(Struct, frozen=True, kw_only=True):
    """The last `periods` periods of an accumulator that ended before the one at hand.

    Where the account's first one is among them, the average is over those since then. `initial` is
    the value while there is none. With `every`, it is worked out once for each such period, from
    those that ended before it began.
    """

    id: str
    accumulator: str
    periods: int
    value: EvaluatedAs = "total"
    initial: Decimal = NOTHING
    every: BillingPeriod | None = None
