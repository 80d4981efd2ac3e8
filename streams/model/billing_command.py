"""Commands of billing: when an account is billed, and what has been."""

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.instant import Instant


class PutBillingProfile(Struct, frozen=True, array_like=True, tag=45):
    """From `start` on, an account's bill units go by `cycle`, and take late usage for `grace`.

    It begins in the open unit, or later; a profile that was put for the same start is replaced. A
    `currency` must be the account's.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    cycle: BillingPeriod
    start: Instant
    grace: Instant = 0
    currency: str = ""
    occurred_at: Instant = 0


class MarkBilled(Struct, frozen=True, array_like=True, tag=46):
    """The bill unit that begins at `unit` stands on an `invoice` of the outside billing system.

    Only of a unit that is closed. Told again for the same invoice, it does nothing.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    unit: Instant
    invoice: str
    occurred_at: Instant
