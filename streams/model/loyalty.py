"""Points for what is used or paid."""

from decimal import Decimal

from msgspec import Struct

from streams.model.eligibility import Eligibility


class Multiplier(Struct, frozen=True, array_like=True):
    """`times` as many points where the words are as in `when`."""

    when: dict[str, str]
    times: Decimal


class LoyaltyRule(Eligibility, frozen=True, kw_only=True):
    """`points` for each `per` of the quantity of `units`, or without units of what is paid.

    What is paid counts without taxes. Of `multipliers` that fit, the one with most words counts.
    Points are rounded to `digits` by a mode of `ROUNDING_MODES`, and stand in bucket `resource`.
    """

    id: str
    resource: str
    points: Decimal
    per: Decimal
    units: tuple[str, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    rounding: str = "down"
    digits: int = 0
