"""Points for what is used or paid."""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.eligibility import Eligibility
from streams.model.instant import Instant
from streams.model.money import CONTEXT, quantize_line, round_total, trimmed

LOYALTY_LIABILITY: Final = "loyalty_liability"
"""What stands against all points that customers hold."""


class Multiplier(Struct, frozen=True, array_like=True):
    """`times` as many points where the words are as in `when`."""

    when: dict[str, str]
    times: Decimal


class LoyaltyTier(Struct, frozen=True, array_like=True):
    """From so many points earned in a period on, `times` as many points are given."""

    id: str
    start: Decimal
    times: Decimal


class LoyaltyRule(Eligibility, frozen=True, kw_only=True):
    """`points` for each `per` of the quantity of `units`, or without units of what is paid.

    What is paid counts without taxes. Of `multipliers` that fit, the one with most words counts.
    Points are rounded to `digits` by a mode of `ROUNDING_MODES`, and stand in bucket `resource`.
    With `expires_after_months` those of a month end so many months after it. Of rising `tiers` the
    one counts that the points of the rule have reached in the period at hand (`tiers_every`, None:
    a month) or in the one before it.
    """

    id: str
    resource: str
    points: Decimal
    per: Decimal
    units: tuple[str, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    rounding: str = "down"
    digits: int = 0
    expires_after_months: int = 0
    tiers: tuple[LoyaltyTier, ...] = ()
    tiers_every: BillingPeriod | None = None


class Conversion(Struct, frozen=True, kw_only=True):
    """Points of `source` become `target`, an allowance or money: `rate` of it for each.

    At least `minimum` at once. What comes of it ends `kept` later; 0: never. Of money it is a whole
    number of the smallest amount, which has `digits` after the point, rounded down; allowances are
    exact (None). An `automatic` one is done, by whole times of `minimum`, as soon as so many points
    are there.
    """

    id: str
    source: str
    target: str
    rate: Decimal
    minimum: Decimal
    kept: Instant = 0
    digits: int | None = None
    automatic: bool = False

    @property
    def is_money(self) -> bool:
        """True where points become money."""
        return self.digits is not None

    def worth(self, points: Decimal) -> Decimal:
        """What so many points become."""
        worth = CONTEXT.multiply(points, self.rate)
        if self.digits is None:
            return trimmed(quantize_line(worth))
        return round_total(worth, digits=self.digits, mode="down")
