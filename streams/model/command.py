"""Commands: the only way in for accounts, services, money and catalog markers.

They stand in `charging[p]` among usage, in one order. Every command carries an id made from its
cause, so whoever sends it may send it again; the owner answers a known id by doing nothing.
"""

from decimal import Decimal

from msgspec import Struct

from streams.model.account import Payment
from streams.model.account_prices import PriceList
from streams.model.billing_period import BillingPeriod
from streams.model.grant import RollOver
from streams.model.instant import FOREVER, Instant
from streams.model.money import Currency, Quantity
from streams.model.pool import Membership
from streams.model.status import StatusWord
from streams.model.usage import UsageBatch


class PutAccount(Struct, frozen=True, array_like=True, tag=1):
    """Create or change an account (last writer by `version` of the sender is the log's order).

    Its `attributes` take the place of all that were there.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    payment: Payment
    currency: Currency
    time_zone: str
    credit_limit: Decimal | None
    attributes: dict[str, str] = {}


class AssignService(Struct, frozen=True, array_like=True, tag=2):
    """A service id belongs to (account, price plan) from `start`, until `end`.

    An assignment that overlaps an earlier one of the same owner ends it at `start`.
    """

    command_id: str
    tenant: str
    service_id: str
    account: str
    root: str
    subscription: str
    price_plan: str
    start: Instant
    end: Instant


class EndService(Struct, frozen=True, array_like=True, tag=3):
    """The assignment in force at `end` ends there; what comes later is sent on to `moved_to`.

    Goes to the partition of `root`, the old home. `moved_to` empty: it ended for good.
    """

    command_id: str
    tenant: str
    service_id: str
    root: str
    end: Instant
    moved_to: str


class TopUp(Struct, frozen=True, array_like=True, tag=4):
    """Money in; `amount` is positive in the account's currency.

    Without a `wallet` it is the account's own. A wallet of that name that has not ended is filled;
    else one is opened, from `occurred_at` until `end`, with its place in the order and the
    `products` that it may pay for (none: all). What has been opened keeps these, but a later `end`
    extends it; FOREVER says nothing of it.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    amount: Decimal
    currency: Currency
    occurred_at: Instant
    reason: str
    wallet: str = ""
    priority: int = 0
    end: Instant = FOREVER
    products: tuple[str, ...] = ()


class ActivateCatalog(Struct, frozen=True, array_like=True, tag=5):
    """From `start` on, records of the tenant use this catalog version."""

    command_id: str
    tenant: str
    version: str
    start: Instant


class Tick(Struct, frozen=True, array_like=True, tag=6):
    """The partition's time is at least `at`: closes periods, drops old record ids."""

    command_id: str
    at: Instant


class DiscardSuspended(Struct, frozen=True, array_like=True, tag=7):
    """Never charge this suspended record; a later delivery of it is a redelivery."""

    command_id: str
    tenant: str
    record_id: bytes
    occurred_at: Instant
    root: str
    reason: str


class Forwarded(Struct, frozen=True, array_like=True, tag=8):
    """A record that another partition sent on; `sender` is told by a `Receipt` of `message_id`."""

    command_id: str
    sender: int
    message_id: int
    batch: UsageBatch


class Receipt(Struct, frozen=True, array_like=True, tag=9):
    """The message of this partition's outbox has been taken in by `receiver`: clear it."""

    command_id: str
    receiver: int
    message_id: int


class Released(Struct, frozen=True, array_like=True, tag=10):
    """A suspended record tried again at its home: accepted if its id is absent or suspended."""

    command_id: str
    batch: UsageBatch


class FoldPeriods(Struct, frozen=True, array_like=True, tag=11):
    """A partition's message to itself: more accounts have something due than it folds at once.

    It is cleared where it is carried out, so it needs no receipt.
    """

    command_id: str
    sender: int
    message_id: int


class PutPrices(Struct, frozen=True, array_like=True, tag=14):
    """Prices agreed with an account, before those of its price plan.

    The list takes the place of one that was put for the same with the same start.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    prices: PriceList


class PutStatus(Struct, frozen=True, array_like=True, tag=35):
    """From `start` on, an account is active, suspended or terminated; or one of its service ids.

    `service_id` empty: the account. A status that was put for the same start is replaced.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    status: StatusWord
    start: Instant
    service_id: str = ""
    reason: str = ""


class PartnerVolume(Struct, frozen=True, array_like=True, tag=15):
    """What a customer brought to a partner in a period; goes to the home of the partner's account.

    The total is told once it is final; what comes later is told as what is added to it.
    """

    command_id: str
    sender: int
    message_id: int
    tenant: str
    account: str
    partner: str
    commission_plan: str
    customer: str
    start: Instant
    end: Instant
    quantity: Quantity


class PutPartnerTier(Struct, frozen=True, array_like=True, tag=16):
    """A partner's tier from `start` on, as one of his commission plans gave it."""

    command_id: str
    sender: int
    message_id: int
    tenant: str
    partner: str
    commission_plan: str
    tier: str
    start: Instant


class Adjust(Struct, frozen=True, array_like=True, tag=21):
    """Money given (`amount` above zero) or taken (below) by hand, and why.

    `reference` is what it corrects, such as the id of a top-up that is taken back; `approved_by`
    who agreed to it, where the catalog asks for that. Of a `wallet`, it is that wallet's money.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    amount: Decimal
    currency: Currency
    occurred_at: Instant
    reason: str
    reference: str = ""
    approved_by: str = ""
    wallet: str = ""


class JoinPool(Struct, frozen=True, array_like=True, tag=25):
    """An account draws on the balances of `pool`, an account of the same root, from then on."""

    command_id: str
    tenant: str
    account: str
    root: str
    membership: Membership


class LeavePool(Struct, frozen=True, array_like=True, tag=26):
    """An account draws on `pool` no longer from `end` on."""

    command_id: str
    tenant: str
    account: str
    root: str
    pool: str
    end: Instant


class Transfer(Struct, frozen=True, array_like=True, tag=27):
    """An account gives `quantity` of a resource to another, out of `bucket` or whichever burns
    first; whole or not at all. Debt is never given: only what is left above zero."""

    command_id: str
    tenant: str
    account: str
    root: str
    to_account: str
    to_root: str
    resource: str
    quantity: Quantity
    occurred_at: Instant
    reason: str = ""
    bucket: str = ""


class TransferPart(Struct, frozen=True, array_like=True):
    """What came out of one bucket: until when, in which order and for what it counts."""

    quantity: Quantity
    end: Instant
    priority: int
    products: tuple[str, ...]


class TakeTransfer(Struct, frozen=True, array_like=True, tag=28):
    """What `giver` gave by the command `transfer`; goes to the home of the account that gets it."""

    command_id: str
    sender: int
    message_id: int
    tenant: str
    account: str
    root: str
    transfer: str
    giver: str
    resource: str
    parts: tuple[TransferPart, ...]
    occurred_at: Instant


class GrantAllowance(Struct, frozen=True, array_like=True, tag=17):
    """So much of an allowance for an account, besides what its price plan grants.

    `grant` names it among the account's grants. It counts from `start` (which may be past: it opens
    now, and what was charged before stays) until `end`. With `every` it comes anew for each period,
    the first from `start` to the end of the period that holds it, and what is left expires, but
    what may roll over. `products` narrow what it pays for; without a `priority` it is that of the
    allowance.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    grant: str
    allowance: str
    quantity: Decimal
    start: Instant
    end: Instant = FOREVER
    reason: str = ""
    priority: int | None = None
    products: tuple[str, ...] = ()
    every: BillingPeriod | None = None
    roll_over: RollOver | None = None


class VoidGrant(Struct, frozen=True, array_like=True, tag=18):
    """What is left of a grant goes back, and nothing more comes of it; what was used stays used."""

    command_id: str
    tenant: str
    account: str
    root: str
    grant: str
    occurred_at: Instant
    reason: str = ""


class ConvertPoints(Struct, frozen=True, array_like=True, tag=33):
    """So many points become what a conversion of the catalog says."""

    command_id: str
    tenant: str
    account: str
    root: str
    conversion: str
    points: Decimal
    occurred_at: Instant


Command = (
    PutAccount
    | AssignService
    | EndService
    | TopUp
    | ActivateCatalog
    | Tick
    | DiscardSuspended
    | Forwarded
    | Receipt
    | Released
    | FoldPeriods
    | PutPrices
    | PutStatus
    | PartnerVolume
    | PutPartnerTier
    | Adjust
    | ConvertPoints
    | JoinPool
    | LeavePool
    | Transfer
    | TakeTransfer
    | GrantAllowance
    | VoidGrant
)

Relayed = Forwarded | PartnerVolume | PutPartnerTier | TakeTransfer
"""Commands of an outbox: whoever takes one in tells its `sender` by a `Receipt`."""


class OutboxMessage(Struct, frozen=True, array_like=True):
    """A command for another partition, sent until its receipt comes back."""

    message_id: int
    partition: int
    command: Command
