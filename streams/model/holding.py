"""Units that stay: seats, numbers, gigabytes stored. Usage adds or takes away, time is charged."""

from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.fee import ProrateBy

HeldBy = Literal["", "change", "level"]
"""What a record of held units says: what it adds (negative: takes away), or how many there are now.

Empty: the units of the usage type do not stay.
"""


class Holding(Struct, frozen=True, kw_only=True):
    """How an offer charges units that stay: each for its part of the period `every`.

    What is added pays from its day (or its moment) until the period ends, what is taken away gives
    back the same; as a period begins, what is still held pays for the whole of it.
    """

    every: BillingPeriod
    by: ProrateBy = "day"
