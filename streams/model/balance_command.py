"""Commands that move a balance, or say who draws on it: money, grants, points, pools, gifts.

Each carries an id made from its cause, as all commands do; a known id does nothing.
"""

from decimal import Decimal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.grant import RollOver
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.money import Currency, Quantity
from streams.model.pool import Membership


class TopUp(Struct, frozen=True, array_like=True, tag=4):
    """Money in; `amount` is positive in the account's currency.

    Without a `wallet` it is the account's own. A wallet of that name that has not ended is filled;
    else one is opened, from `occurred_at` until `end`, with its place in the order and the
    `products` that it may pay for (none: all). What has been opened keeps these, but a later `end`
    extends it; FOREVER says nothing of it. For a `subscription` it is that one's, and no wallet's.
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
    subscription: str = ""


class Adjust(Struct, frozen=True, array_like=True, tag=21):
    """Money given (`amount` above zero) or taken (below) by hand, and why.

    `reference` is what it corrects, such as the id of a top-up that is taken back; `approved_by`
    who agreed to it, where the catalog asks for that. Of a `wallet`, it is that wallet's money, of
    a `subscription` that one's.
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
    subscription: str = ""


class AnswerTopUp(Struct, frozen=True, array_like=True, tag=40):
    """What a billing system says to a request for money: it was paid, or it was declined.

    `reference` is what it knows the payment by, or why there is none.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    request: str
    is_paid: bool
    occurred_at: Instant
    reference: str = ""


class ConvertPoints(Struct, frozen=True, array_like=True, tag=33):
    """So many points become what a conversion of the catalog says."""

    command_id: str
    tenant: str
    account: str
    root: str
    conversion: str
    points: Decimal
    occurred_at: Instant


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
    """What came out of one bucket: until when, in which order and for what it counts.

    `start` and `bucket` say which one it was, for what goes back.
    """

    quantity: Quantity
    end: Instant
    priority: int
    products: tuple[str, ...]
    start: Instant = BEGINNING
    bucket: str = ""


class TakeTransfer(Struct, frozen=True, array_like=True, tag=28):
    """What `giver` gave by the command `transfer`; goes to the home of the account that gets it.

    Where there is no such account it goes back: `is_back`, and `giver` is who did not get it.
    """

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
    giver_root: str = ""
    is_back: bool = False


class GrantAllowance(Struct, frozen=True, array_like=True, tag=17):
    """So much of an allowance for an account, besides what its price plan grants.

    `grant` names it among the account's grants. It counts from `start` (which may be past: it opens
    now, and what was charged before stays) until `end`. With `every` it comes anew for each period,
    the first from `start` to the end of the period that holds it, and what is left expires, but
    what may roll over. `products` narrow what it pays for; without a `priority` it is that of the
    allowance. Where it `renews_for` an amount, each period after the first costs that much of the
    account's money, and where there is too little, no more of them come.
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
    renews_for: Decimal | None = None


class VoidGrant(Struct, frozen=True, array_like=True, tag=18):
    """What is left of a grant goes back, and nothing more comes of it; what was used stays used.

    With `keeps` it is reset: its period ends here, what is left above that goes back, and the rest
    is what it has from now on. What is still to come of it comes.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    grant: str
    occurred_at: Instant
    reason: str = ""
    keeps: Decimal | None = None
