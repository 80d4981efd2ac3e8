"""The words of partners, their shares, and exchange rates."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.catalog.forms.eligibility import EligibilityForm, StepForm
from connectors.catalog.forms.words import Date, Duration, Id


class PartnerForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets shares, in which currency; `tier` is what shares may go by.

    `account` is the partner's own, where commission plans sum up; `of` is the partner above.
    """

    id: Id
    currency: str
    tier: str = ""
    account: str = ""
    of: str = ""


class MilestoneForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a period's total of `from` on, `bonus` is owed."""

    start: Decimal = field(name="from")
    bonus: Decimal


class LevelForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a period's total of `from` on, the partner's `tier`."""

    start: Decimal = field(name="from")
    tier: str


class CommissionPlanForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What partners get for what all their customers brought in a period, and which tier.

    `settled_after` a period's end its total is final; `levels_after` it the tier is in force.
    """

    id: Id
    every: str
    partner: str = ""
    partner_from: str = ""
    sums: Literal["amount", "quantity", "records"] = "amount"
    units: tuple[str, ...] = ()
    currency: str = ""
    milestones: tuple[MilestoneForm, ...] = ()
    pays: Literal["each", "highest"] = "each"
    tiers: tuple[StepForm, ...] = ()
    levels: tuple[LevelForm, ...] = ()
    settled_after: Duration = "1d"
    levels_after: Duration = "2d"


class RevenueShareForm(EligibilityForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner gets of each charge: one of `percent`, `amount`, `rest`, tiers of either."""

    id: Id
    partner: str = ""
    partner_from: str = ""
    percent: Decimal | None = None
    amount: Decimal | None = None
    rest: bool = False
    partner_tiers: dict[str, Decimal] = {}
    tiers: tuple[StepForm, ...] = ()
    reference: str = ""
    basis: Literal["gross", "net", "margin"] = "net"
    of: str = ""
    currency: str = ""


class ExchangeRateForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit of the currency `from` is worth `rate` of `to`, until the pair's next `since`."""

    source: str = field(name="from")
    target: str = field(name="to")
    rate: Decimal
    since: Date
