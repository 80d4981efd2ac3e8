"""An account goes from one root to another: the command, and what is carried of it.

An account lives on the partition of its root. What is carried leaves in slices of bounded size, the
next one when the one before has been received.
"""

from msgspec import Struct

from streams.model.account import Account, Accumulators, Balances, Fees, Service
from streams.model.account_prices import AccountPrices
from streams.model.billing import BilledUnits
from streams.model.budget import Budget, BudgetTotal
from streams.model.charging_session import Answered, ChargingSession, Reservations
from streams.model.grant import Grants
from streams.model.instant import Instant
from streams.model.meter import MeterState
from streams.model.pool import Memberships
from streams.model.session import SessionTally
from streams.model.tally import Tally
from streams.model.top_up_request import TopUpRequests


class MoveAccount(Struct, frozen=True, array_like=True, tag=36):
    """From now on an account belongs to `to_root`, with all that it has.

    Goes to the home of `root`, where it lives. What still comes there is sent on.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    to_root: str
    occurred_at: Instant
    reason: str = ""


class AccountWhole(Struct, frozen=True, array_like=True):
    """What there is of an account once: it opens at its new home with this."""

    account: Account
    balances: Balances
    accumulators: Accumulators
    prices: AccountPrices
    fees: Fees
    memberships: Memberships
    grants: Grants
    top_ups: TopUpRequests
    billed: BilledUnits = BilledUnits()
    budgets: tuple[Budget, ...] = ()
    reserved: Reservations = Reservations()


class AccountSlice(Struct, frozen=True, array_like=True):
    """A part of what an account has; keys are what follows the account in those of the state.

    `commands` are the ids that have taken effect. Running totals, sessions and ids go before the
    `whole`, services, with what their meters showed last, go with it or after it. `budget_totals`
    are what its budgets have come to, `answers` those to debits and sessions that are over, before
    the `whole` too. Sessions that run are the last to go: whatever they need is there then.
    """

    tallies: tuple[tuple[bytes, Tally], ...] = ()
    sessions: tuple[tuple[bytes, SessionTally], ...] = ()
    commands: tuple[bytes, ...] = ()
    whole: AccountWhole | None = None
    services: tuple[Service, ...] = ()
    meters: tuple[tuple[bytes, MeterState], ...] = ()
    is_last: bool = True
    budget_totals: tuple[tuple[bytes, BudgetTotal], ...] = ()
    answers: tuple[tuple[bytes, Answered], ...] = ()
    running: tuple[ChargingSession, ...] = ()


class TakeAccount(Struct, frozen=True, array_like=True, tag=37):
    """A slice of an account that the command `move` sent from another root to `root`."""

    command_id: str
    sender: int
    message_id: int
    tenant: str
    account: str
    root: str
    move: str
    occurred_at: Instant
    slice: AccountSlice
