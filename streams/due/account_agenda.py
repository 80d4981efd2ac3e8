"""All that waits for its time in one account, done in the order in which it fell due."""

from heapq import heapify, heappop, heappush
from typing import Final

from msgspec.structs import replace

from streams.due.expiry import expire
from streams.due.fee_step import FeeStep
from streams.due.fees import ended, is_over, next_step, take_step
from streams.due.follow import begun
from streams.due.grants import open_next, put_grants, waits_for
from streams.due.moment import AccountMoment
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
from streams.model.account import Fees, RunningFee
from streams.model.grant import Grants, StandingGrant
from streams.model.instant import FOREVER, HOUR, Instant
from streams.state import Table

AGAIN: Final[Instant] = HOUR
"""What cannot be done yet, for want of a catalog or an account, is looked at again after this."""

_FEE, _SETTLING, _GRANT, _EXPIRY, _PARTNER = range(5)
Place = tuple[Instant, int, str, int, int, int]
"""When something fell due; of what falls due at once, what comes first."""


class AccountAgenda:
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
