"""The words of points."""

from decimal import Decimal

from msgspec import Struct

from connectors.catalog.forms.eligibility import EligibilityForm
from connectors.catalog.forms.words import Id, RoundingWord


class MultiplierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`times` as many points where the words are as in `when`."""

    when: dict[str, str]
    times: Decimal


class LoyaltyRuleForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for each `per` of some units, or of what is paid."""

    id: Id
    points: Decimal
    per: Decimal
    units: tuple[str, ...] = ()
    resource: Id = "points"
    multipliers: tuple[MultiplierForm, ...] = ()
    rounding: RoundingWord = "down"
    digits: int = 0
