"""Fold an account forward: all that is due at the partition's time, in the order it fell due.

Done when the account is touched, before what touches it, and by ticks for those that nobody
touches. Either way the same things are done in the same order, from the same state.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from streams import outbox
from streams.due.account_agenda import AGAIN, AccountAgenda
from streams.due.agenda import due_accounts, put_balances
from streams.due.driven import driven_along
from streams.due.fees import change_quantity
from streams.due.follow import follow_service
from streams.due.moment import AccountMoment, Cause
from streams.due.top_ups import close_overdue
from streams.model.account import Account, Balances, Fees, Service
from streams.model.command import Command, FoldPeriods
from streams.model.instant import BEGINNING, FOREVER, HOUR, Instant
from streams.model.usage import UsageRecord
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import CatalogMarks, Effects, State, Table
from streams.tenant_time import time_of, time_of_key

FOLDING: Final = b"folding"
"""In META: number of the message that will go on with the folding; none where nothing is left."""

AT_ONCE: Final = 90
"""Accounts folded by one command: as many milliseconds as a long step of usage takes. Other work
comes between it and the next; with fewer at once, more of the time goes into each command."""

CHARGES_AT_ONCE: Final = 200
"""Charges after which a command folds no further account, as where each waits for years of them: a
step has to fit into a message, and to leave room for others."""

AHEAD: Final[Instant] = HOUR
"""By how much usage may be ahead of the partition's time and still find its period begun."""


class Folding:
    """Folds accounts of one partition; `plans` are those of its charging core."""

    def __init__(
        self,
        plans: Mapping[str, Plan],
        partition: int,
        at_once: int = AT_ONCE,
        *,
        partitions: int = 1,
    ) -> None:
        self._plans = plans
        self._partition = partition
        self._partitions = partitions
        self._at_once = at_once
        self._folded: set[bytes] = set()

    def fold_due(self, cause: Command, state: State, effects: Effects) -> None:
        """Fold the accounts that are due, a bounded number; the others are left to a message."""
        if state.get(Table.META, FOLDING) is not None:
            return
        due, is_left = due_accounts(self._at_once + 1, state)
        made = len(effects.rated)
        for number, key in enumerate(due):
            if number == self._at_once or len(effects.rated) - made >= CHARGES_AT_ONCE:
                is_left = True
                break
            now = time_of_key(key, state)
            self.fold(key, cause, now=now, state=state, effects=effects)
        if is_left:
            self.remind(state, effects)

    def remind(self, state: State, effects: Effects) -> None:
        """Have what is left of what is due done after what waits by now."""
        if state.get(Table.META, FOLDING) is None:
            number = outbox.remind(self._partition, state=state, effects=effects)
            state.put(Table.META, FOLDING, number)

    def go_on(self, reminder: FoldPeriods, state: State, effects: Effects) -> None:
        """Fold the next accounts; a reminder that comes again does nothing."""
        if state.get(Table.META, FOLDING) == reminder.message_id:
            state.delete(Table.META, FOLDING)
            outbox.clear(reminder.message_id, state, effects)
            self.fold_due(reminder, state, effects)

    def drive(self, record: UsageRecord, rating: Rating, state: State, effects: Effects) -> None:
        """The fees that the record drives follow it, once it is charged."""
        key, holding = rating.payer.key, rating.holding
        change = None if holding is None else holding.driven
        marks: CatalogMarks | None = state.get(Table.CATALOGS, record.tenant.encode())
        if change is None or marks is None:
            return
        time = time_of(record.tenant, state)
        moment = self._moment(
            key,
            rating.payer.account,
            marks,
            cause=record,
            time=time,
            now=time,
            is_new=True,
            state=state,
            effects=effects,
        )
        fees: Fees = state.get(Table.FEES, key) or Fees()
        followed = list(fees.running)
        start = rating.payer.assignment.start
        for place, since in driven_along(fees.running, record, change, start).items():
            followed[place] = change_quantity(followed[place], change, since, moment)
        state.put(Table.FEES, key, Fees(tuple(followed)))

    def follow(  # noqa: PLR0913 - a service before and after, and where it goes
        self,
        before: Service | None,
        after: Service,
        cause: Command,
        *,
        now: Instant,
        state: State,
        effects: Effects,
    ) -> None:
        """The assignments of a service have changed: fees begin and end with them."""
        for key in follow_service(before, after, self._plans, state):
            held: Balances = state.get(Table.BALANCES, key) or Balances()
            put_balances(key, held, replace(held, due=BEGINNING), state)
            self.fold(key, cause, now=now, state=state, effects=effects, is_new=True)

    def fold_before(
        self, record: UsageRecord, key: bytes, is_held: bool, state: State, effects: Effects
    ) -> None:
        """Do what is due before usage. Where its units stay, their price begins with its period."""
        now, ahead = record.occurred_at, FOREVER if is_held else AHEAD
        self.fold(key, record, now=now, state=state, effects=effects, ahead=ahead)

    def fold(  # noqa: PLR0913 - an account, what found it due, and how far ahead
        self,
        key: bytes,
        cause: Cause,
        *,
        now: Instant,
        state: State,
        effects: Effects,
        ahead: Instant = AHEAD,
        up_to: Instant = FOREVER,
        is_new: bool = False,
    ) -> None:
        """Do what is due for one account. What begins may be ahead of the time, what ends not.

        With FOREVER as `ahead`, all begins that has begun `now`. What is due after `up_to` waits.
        `is_new`: the cause has made due what is, and nothing else of the account was.
        """
        held: Balances = state.get(Table.BALANCES, key) or Balances()
        if held.due == FOREVER:
            return
        time = min(time_of_key(key, state), up_to)
        if ahead != FOREVER:
            now = _told(key, state) if time == BEGINNING else max(time, min(now, time + ahead))
        if held.due > now or key in self._folded:
            return
        effects.look_at_all()
        account: Account | None = state.get(Table.ACCOUNTS, key)
        if account is not None and account.moved_to:
            put_balances(key, held, replace(held, due=FOREVER), state)
            return
        marks: CatalogMarks | None = state.get(Table.CATALOGS, key.partition(b"\0")[0])
        due = time + AGAIN
        if account is not None and marks is not None:
            moment = self._moment(
                key,
                account,
                marks,
                cause=cause,
                time=time,
                now=now,
                is_new=is_new,
                state=state,
                effects=effects,
            )
            self._folded.add(key)
            try:
                due = min(AccountAgenda(moment).work_off(), close_overdue(moment))
            finally:
                self._folded.remove(key)
            held = moment.balances
        put_balances(key, held, replace(held, due=due), state)

    def _moment(  # noqa: PLR0913 - all that an account is folded by
        self,
        key: bytes,
        account: Account,
        marks: CatalogMarks,
        *,
        cause: Cause,
        time: Instant,
        now: Instant,
        is_new: bool,
        state: State,
        effects: Effects,
    ) -> AccountMoment:
        def fold_pool(pool: bytes, at: Instant) -> None:
            self.fold(pool, cause, now=now, state=state, effects=effects, up_to=at)

        return AccountMoment(
            key=key,
            account=account,
            marks=marks,
            plans=self._plans,
            time=time,
            now=now,
            partition=self._partition,
            cause=cause,
            state=state,
            effects=effects,
            partitions=self._partitions,
            fold_pool=fold_pool,
            is_new=is_new,
        )


def _told(key: bytes, state: State) -> Instant:
    """The time as far as it is told before the first tick: when the last assignment began."""
    fees: Fees = state.get(Table.FEES, key) or Fees()
    return max((fee.start for fee in fees.running), default=BEGINNING)
