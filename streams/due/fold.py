"""Fold an account forward: all that is due at the partition's time, in the order it fell due.

Done when the account is touched, before what touches it, and by ticks for those that nobody
touches. Either way the same things are done in the same order, from the same state.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec.structs import replace

from streams import outbox
from streams.due.agenda import due_accounts, put_balances
from streams.due.driven import driven_along
from streams.due.expiry import expire
from streams.due.fee_step import FeeStep
from streams.due.fees import change_quantity, ended, is_over, next_step, take_step
from streams.due.follow import begun, follow_service
from streams.due.grants import open_next, put_grants, waits_for
from streams.due.moment import AccountMoment, Cause
from streams.due.partners import Waiting, finish, waiting_totals
from streams.due.plan_grants import (
    end_with_service,
    is_granting,
    next_opening,
    open_period_of,
)
from streams.due.roll_over import roll_over
from streams.due.settling import is_settling, next_settlement, settle_period, trimmed_end
from streams.due.stuck import tell_charged, tell_stuck
from streams.model.account import Account, Balances, Fees, RunningFee, Service
from streams.model.command import Command, FoldPeriods
from streams.model.grant import Grants, StandingGrant
from streams.model.instant import BEGINNING, FOREVER, HOUR, Instant
from streams.model.usage import UsageRecord
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import TIME, CatalogMarks, Effects, State, Table

FOLDING: Final = b"folding"
"""In META: number of the message that will go on with the folding; none where nothing is left."""

AT_ONCE: Final = 500
"""Accounts folded by one command; other work comes between it and the next."""

AGAIN: Final[Instant] = HOUR
"""What cannot be done yet, for want of a catalog or an account, is looked at again after this."""

AHEAD: Final[Instant] = HOUR
"""By how much usage may be ahead of the partition's time and still find its period begun."""

_FEE, _SETTLING, _GRANT, _EXPIRY, _PARTNER = range(5)
Place = tuple[Instant, int, str, int, int, int]
"""When something fell due; of what falls due at once, what comes first."""


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
        time = state.get(Table.META, TIME) or BEGINNING
        due = due_accounts(time, self._at_once + 1, state)
        for key in due[: self._at_once]:
            self.fold(key, cause, now=time, state=state, effects=effects)
        if len(due) > self._at_once:
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
        time: Instant = state.get(Table.META, TIME) or BEGINNING
        moment = self._moment(
            key,
            rating.payer.account,
            marks,
            cause=record,
            time=time,
            now=time,
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
            self.fold(key, cause, now=now, state=state, effects=effects)

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
    ) -> None:
        """Do what is due for one account. What begins may be ahead of the time, what ends not.

        With FOREVER as `ahead`, all begins that has begun `now`. What is due after `up_to` waits.
        """
        time: Instant = min(state.get(Table.META, TIME) or BEGINNING, up_to)
        held: Balances = state.get(Table.BALANCES, key) or Balances()
        if ahead != FOREVER:
            now = _told(key, state) if time == BEGINNING else max(time, min(now, time + ahead))
        if held.due > now or key in self._folded:
            return
        account: Account | None = state.get(Table.ACCOUNTS, key)
        marks: CatalogMarks | None = state.get(Table.CATALOGS, key.partition(b"\0")[0])
        due = time + AGAIN
        if account is not None and marks is not None:
            moment = self._moment(
                key, account, marks, cause=cause, time=time, now=now, state=state, effects=effects
            )
            self._folded.add(key)
            try:
                due = _Agenda(moment).work_off()
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
        )


def _told(key: bytes, state: State) -> Instant:
    """The time as far as it is told before the first tick: when the last assignment began."""
    fees: Fees = state.get(Table.FEES, key) or Fees()
    return max((fee.start for fee in fees.running), default=BEGINNING)


class _Agenda:
    """All that waits for its time in one account, the first to fall due on top."""

    def __init__(self, at: AccountMoment) -> None:
        self._at = at
        fees: Fees | None = at.state.get(Table.FEES, at.key)
        self._before = fees or Fees()
        self._running = [
            trimmed_end(fee) if is_settling(fee) else fee
            for waiting in self._before.running
            for fee in ([waiting] if waiting.fee else begun(waiting, at))
        ]
        self._begins = {(fee.service_id, fee.fee, fee.start) for fee in self._running}
        self._ends = {(fee.service_id, fee.fee, fee.end) for fee in self._running}
        self._places: dict[tuple[str, str], int] = {}
        for number, fee in enumerate(self._running):
            self._places.setdefault((fee.service_id, fee.fee), number)
        self._heap: list[tuple[Place, Instant, FeeStep | None]] = []
        self._expiring: set[Instant] = set()
        self._totals: dict[tuple[str, Instant], Waiting] = {}
        grants: Grants = at.state.get(Table.GRANTS, at.key) or Grants()
        self._grants = {each.grant: each for each in grants.standing}
        self._is_stuck = False

    def work_off(self) -> Instant:
        """Do what is due in its order; the time at which the next thing falls due."""
        for number in range(len(self._running)):
            self._add_fee(number)
        for standing in self._grants.values():
            self._add_grant(standing)
        self._add_expiries()
        self._add_totals()
        heapify(self._heap)
        due = FOREVER
        while self._heap:
            place, until, step = heappop(self._heap)
            begins = place[1] == _GRANT if step is None else not step.is_end
            if until > (self._at.now if begins else self._at.time):
                due = min(due, until)
            elif place[1] == _GRANT:
                self._grant(place[2])
            elif place[1] == _PARTNER:
                self._finish(place[2], place[3])
            elif step is None:
                self._expire(place[0])
            else:
                self._take(place[-1], step)
        left = tuple(fee for fee in self._running if not is_over(fee))
        if left != self._before.running:
            if left:
                self._at.state.put(Table.FEES, self._at.key, Fees(left))
            else:
                self._at.state.delete(Table.FEES, self._at.key)
        return min(due, self._at.time + AGAIN) if self._is_stuck else due

    def _add_fee(self, number: int) -> None:
        fee = self._running[number]
        if is_settling(fee):
            self._add_settlement(number)
            return
        step = (next_opening if is_granting(fee) else next_step)(fee, self._at)
        if step is None:
            # Nothing will come of it: the catalog does not know it any more.
            self._running[number] = ended(fee)
            return
        name = (fee.service_id, fee.fee)
        is_changed = (
            (*name, fee.end) in self._begins
            if step.is_credit
            else (step.at == fee.start and (*name, fee.start) in self._ends)
        )
        group = 0 if is_changed else 1 if step.is_credit else 2
        place = (step.at, _FEE, fee.service_id, group, self._places[name], number)
        heappush(self._heap, (place, step.due, step))

    def _add_settlement(self, number: int) -> None:
        """The next settlement of all that runs under the same name, by the first of them."""
        group = self._group(number)
        if not group or group[0] != number:
            return
        first = self._running[number]
        step = next_settlement([self._running[each] for each in group], self._at)
        if step is None:
            for each in group:
                left = self._running[each]
                self._running[each] = replace(left, until=max(left.end, left.start))
            return
        place = (
            step.at,
            _SETTLING,
            "",
            step.rank,
            self._places[first.service_id, first.fee],
            number,
        )
        heappush(self._heap, (place, step.due, step))

    def _group(self, number: int) -> list[int]:
        name = self._running[number].price_plan, self._running[number].fee
        return [
            place
            for place, each in enumerate(self._running)
            if (each.price_plan, each.fee) == name and each.until != max(each.end, each.start)
        ]

    def _settle(self, number: int, step: FeeStep) -> None:
        group = self._group(number)
        first = self._running[number]
        followed = settle_period([self._running[each] for each in group], self._at)
        if followed is None:
            self._is_stuck = True
            tell_stuck(first, step.at, self._at)
            return
        tell_charged(first, step.at, self._at)
        for place, each in zip(group, followed, strict=True):
            self._running[place] = each
        for place in self._group(number)[:1]:
            self._add_settlement(place)
        self._add_totals()

    def _take(self, number: int, step: FeeStep) -> None:
        if is_settling(self._running[number]):
            self._settle(number, step)
            return
        running = self._running[number]
        followed: RunningFee | None
        if not is_granting(running):
            followed = take_step(running, step, self._at)
        elif step.is_credit:
            followed = end_with_service(running, self._running, self._at)
        else:
            followed = open_period_of(running, self._at)
        if followed is None:
            self._is_stuck = True
            tell_stuck(running, step.at, self._at)
            return
        tell_charged(running, step.at, self._at)
        self._running[number] = followed
        if not is_over(followed):
            self._add_fee(number)
        self._add_expiries()
        self._add_totals()

    def _add_totals(self) -> None:
        """Partners' totals come after the fees that belong to the same period."""
        for waiting in waiting_totals(self._at):
            name, start = waiting.total.name, waiting.period.start
            if (name, start) not in self._totals:
                place = (waiting.period.end, _PARTNER, name, start, 0, 0)
                heappush(self._heap, (place, waiting.due, None))
            self._totals[name, start] = waiting

    def _finish(self, name: str, start: Instant) -> None:
        if not finish(self._totals[name, start], self._at):
            self._is_stuck = True
            return
        del self._totals[name, start]
        self._add_totals()

    def _add_grant(self, standing: StandingGrant) -> None:
        place = (standing.until, _GRANT, standing.grant, 0, 0, 0)
        heappush(self._heap, (place, waits_for(standing), None))

    def _grant(self, name: str) -> None:
        followed = open_next(self._grants.pop(name), self._at)
        if followed is not None:
            self._grants[name] = followed
            self._add_grant(followed)
        put_grants(tuple(self._grants.values()), self._at.key, self._at.state)
        self._add_expiries()

    def _add_expiries(self) -> None:
        ends = {bucket.end for bucket in self._at.balances.buckets} - {FOREVER}
        for end in ends - self._expiring:
            heappush(self._heap, ((end, _EXPIRY, "", 0, 0, 0), end + self._at.grace, None))
        self._expiring |= ends

    def _expire(self, end: Instant) -> None:
        roll_over(end, self._at)
        expire(end, self._at)
        self._add_expiries()
