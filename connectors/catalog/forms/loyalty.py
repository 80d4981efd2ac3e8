"""The words of points."""

from decimal import Decimal

from msgspec import Struct, field

from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.words import Duration, Id, RoundingWord


class MultiplierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`times` as many points where the words are as in `when`."""

    when: dict[str, str]
    times: Decimal


class LoyaltyTierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`times` as many points, `from` so many points earned in a period on."""

    id: Id
    start: Decimal = field(name="from")
    times: Decimal


class LoyaltyRuleForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for each `per` of some units, or of what is paid.

    `tiers` are reached at once by the points of a period `tiers_every`, and kept to the end of the
    next one.
    """

    id: Id
    points: Decimal
    per: Decimal
    units: tuple[str, ...] = ()
    resource: Id = "points"
    multipliers: tuple[MultiplierForm, ...] = ()
    rounding: RoundingWord = "down"
    digits: int = 0
    expires_after_months: int = 0
    tiers: tuple[LoyaltyTierForm, ...] = ()
    tiers_every: str = ""


class ConversionForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What points become when an account asks for it: `rate` of an allowance or money for each.

    `automatic`: nobody asks, and it is done as soon as there are `minimum` points.
    """

    id: Id
    source: Id = field(name="from")
    target: str = field(name="to")
    rate: Decimal
    minimum: Decimal = Decimal(0)
    expires_after: Duration | None = None
    automatic: bool = False
