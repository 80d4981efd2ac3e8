"""Commands: the only way in for accounts, services, money and catalog markers.

They stand in `charging[p]` among usage, in one order. Every command carries an id made from its
cause, so whoever sends it may send it again; the owner answers a known id by doing nothing.
"""

from decimal import Decimal

from msgspec import Struct

from streams.model.account import Payment
from streams.model.account_prices import PriceList
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    GrantAllowance,
    JoinPool,
    LeavePool,
    TakeTransfer,
    TopUp,
    Transfer,
    VoidGrant,
)
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.cap_command import GrantSlice, RecallSlice, ReportCap
from streams.model.charging_session import ChargingRequest
from streams.model.instant import FOREVER, Instant
from streams.model.money import Currency, Quantity
from streams.model.move_command import MoveAccount, TakeAccount
from streams.model.session_command import SignalSessions
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

    An assignment that overlaps an earlier one of the same owner ends it at `start`. One that
    `supplements` another subscription of the account adds its price plan to that one's.
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
    supplements: str = ""


class EndService(Struct, frozen=True, array_like=True, tag=3):
    """The assignment in force at `end` ends there; what comes later is sent on to `moved_to`.

    Goes to the partition of `root`, the old home. `moved_to` empty: it ended for good. With an
    `account`, only an assignment of that one.
    """

    command_id: str
    tenant: str
    service_id: str
    root: str
    end: Instant
    moved_to: str
    account: str = ""


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


class AdvanceClock(Struct, frozen=True, array_like=True, tag=31):
    """The time of a test tenant is `at`, from now on its own: ticks do not move it any more.

    Forward only, and only while all that was ever activated for the tenant is a catalog of tests.
    """

    command_id: str
    tenant: str
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
    """A record that another partition sent on; `sender` is told by a `Receipt` of `message_id`.

    `hops` are the homes that it had been sent on by before. With `is_return`, the receiver had it
    tried at the sender's, where its service is not.
    """

    command_id: str
    sender: int
    message_id: int
    batch: UsageBatch
    hops: int = 0
    is_return: bool = False


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


class PutAttributes(Struct, frozen=True, array_like=True, tag=44):
    """What attributes are from `start` until `end`: an account's, or a service id's of it, or a
    subscription's.

    Those that were put for the same start are replaced. All of them are taken, or none.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    attributes: dict[str, str]
    start: Instant
    end: Instant = FOREVER
    subscription: str = ""
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


AccountOrder = (
    PutAccount
    | AssignService
    | TopUp
    | PutPrices
    | PutStatus
    | PutAttributes
    | Adjust
    | AnswerTopUp
    | ConvertPoints
    | JoinPool
    | LeavePool
    | Transfer
    | GrantAllowance
    | VoidGrant
    | MoveAccount
    | SignalSessions
    | PutBudget
    | RemoveBudget
    | PutBillingProfile
    | MarkBilled
)
"""What is ordered from outside for an account that the command names."""

OfAccount = AccountOrder | PartnerVolume | TakeTransfer
"""Commands that name the account they are for: what comes where it lived is sent on."""


class SentOn(Struct, frozen=True, array_like=True, tag=38):
    """A command that came where its account lived; goes to where the account went.

    `hops` counts the homes that a released record was sent on by.
    """

    command_id: str
    sender: int
    message_id: int
    tenant: str
    account: str
    command: OfAccount | EndService | Released
    hops: int = 0


class Moving(Struct, frozen=True, array_like=True):
    """An account that is on its way from here: what of it waits for a receipt, and for its end.

    Its service ids keep the ids of events before `since` here. `commands` are those that came
    meanwhile, in their order.
    """

    move: str
    root: str
    since: Instant
    at: Instant
    message_id: int
    is_whole_sent: bool
    commands: tuple[OfAccount | EndService, ...] = ()


Relayed = (
    Forwarded
    | PartnerVolume
    | PutPartnerTier
    | TakeTransfer
    | TakeAccount
    | SentOn
    | ReportCap
    | GrantSlice
    | RecallSlice
)
"""Commands of an outbox: whoever takes one in tells its `sender` by a `Receipt`."""

Command = (
    OfAccount
    | Relayed
    | EndService
    | ActivateCatalog
    | Tick
    | AdvanceClock
    | DiscardSuspended
    | Receipt
    | Released
    | FoldPeriods
    | ChargingRequest
)


class OutboxMessage(Struct, frozen=True, array_like=True):
    """A command for another partition, sent until its receipt comes back."""

    message_id: int
    partition: int
    command: Command
