"""Commission plans: what partners get for what all their customers brought in a period."""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.eligibility import Eligibility, Step
from streams.model.instant import DAY, Instant
from streams.model.money import Currency

ZONE: Final = "UTC"
"""The calendar of periods that name no time zone: customers and partner must cut time alike."""

PARTNER: Final = "account.partner"
"""The word that names an account's partner, unless a plan says another."""

PARTNER_TIER: Final = "partner.tier"
"""The attribute that an account has while it is charged: its partner's tier at that time."""

_BROUGHT: Final = "brought"
_VOLUME: Final = "volume"


class Milestone(Struct, frozen=True, array_like=True):
    """A period's total of `start` or more earns `bonus`."""

    start: Decimal
    bonus: Decimal


class Level(Struct, frozen=True, array_like=True):
    """A period's total of `start` or more makes the partner `tier`."""

    start: Decimal
    tier: str


class CommissionPlan(Eligibility, frozen=True, kw_only=True):
    """What a partner is paid for, and ranked by: the total of a period over all customers.

    The partner is `partner`, or the one that `partner_from` names; those above him get the same
    total. What is summed is money without tax in `currency`, a quantity of `units`, or records.
    At `settled_after` past a period's end its total is final: `milestones` pay their bonus (`each`
    that is reached, or the `highest` alone), `tiers` a percent of all of it by the step reached.
    `levels` give the partner's tier from `levels_after` past that end on; below the first, it is
    the one that the catalog gives him.
    """

    id: str
    every: BillingPeriod
    currency: Currency
    partner: str = ""
    partner_from: str = PARTNER
    sums: Literal["amount", "quantity", "records"] = "amount"
    units: tuple[str, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    pays: Literal["each", "highest"] = "each"
    tiers: tuple[Step, ...] = ()
    levels: tuple[Level, ...] = ()
    settled_after: Instant = DAY
    levels_after: Instant = 2 * DAY


class PartnerTotal(Struct, frozen=True, array_like=True):
    """What a running total is of: a customer's part of a partner's, or the partner's own."""

    plan: str
    partner: str
    is_brought: bool = False

    @property
    def name(self) -> str:
        """Its name among the running totals of its account."""
        return f"{_BROUGHT if self.is_brought else _VOLUME}:{self.plan}:{self.partner}"


def partner_total(name: str) -> PartnerTotal | None:
    """What the running total of this name is of; None where it is none of a partner's."""
    kind, _, rest = name.partition(":")
    if kind not in (_BROUGHT, _VOLUME):
        return None
    plan, _, partner = rest.partition(":")
    return PartnerTotal(plan, partner, kind == _BROUGHT)
