"""Fold an account forward: all that is due at the partition's time, in the order it fell due.

Done when the account is touched, before what touches it, and by ticks for those that nobody
touches. Either way the same things are done in the same order, from the same state.
"""

from collections.abc import Mapping
from typing import Final

from streams import outbox
from streams.due.agenda import due_accounts, put_balances
from streams.due.expiry import expire
from streams.model.account import Account, Balances
from streams.model.command import Command, FoldPeriods
from streams.model.instant import BEGINNING, FOREVER, HOUR, Instant
from streams.model.usage import UsageRecord
from streams.rate.plan import Plan
from streams.state import CatalogMarks, Effects, State, Table

TIME: Final = b"time"
FOLDING: Final = b"folding"
"""In META: number of the message that will go on with the folding; none where nothing is left."""

AT_ONCE: Final = 500
"""Accounts folded by one command; other work comes between it and the next."""

AGAIN: Final[Instant] = HOUR
"""What cannot be done yet, for want of a catalog or an account, is looked at again after this."""

Cause = UsageRecord | Command
"""The input that found something due."""


class Folding:
    """Folds accounts of one partition; `plans` are those of its charging core."""

    def __init__(self, plans: Mapping[str, Plan], partition: int, at_once: int = AT_ONCE) -> None:
        self._plans = plans
        self._partition = partition
        self._at_once = at_once

    def fold_due(self, cause: Command, state: State, effects: Effects) -> None:
        """Fold the accounts that are due, a bounded number; the others are left to a message."""
        if state.get(Table.META, FOLDING) is not None:
            return
        time = state.get(Table.META, TIME) or BEGINNING
        due = due_accounts(time, self._at_once + 1, state)
        for key in due[: self._at_once]:
            self.fold(key, cause, state=state, effects=effects)
        if len(due) > self._at_once:
            number = outbox.remind(self._partition, state=state, effects=effects)
            state.put(Table.META, FOLDING, number)

    def go_on(self, reminder: FoldPeriods, state: State, effects: Effects) -> None:
        """Fold the next accounts; a reminder that comes again does nothing."""
        if state.get(Table.META, FOLDING) == reminder.message_id:
            state.delete(Table.META, FOLDING)
            outbox.clear(reminder.message_id, state, effects)
            self.fold_due(reminder, state, effects)

    def fold(self, key: bytes, cause: Cause, *, state: State, effects: Effects) -> None:
        """Do what is due for one account."""
        time: Instant = state.get(Table.META, TIME) or BEGINNING
        before: Balances = state.get(Table.BALANCES, key) or Balances()
        if before.due > time:
            return
        account: Account | None = state.get(Table.ACCOUNTS, key)
        marks: CatalogMarks | None = state.get(Table.CATALOGS, key.partition(b"\0")[0])
        if account is None or marks is None:
            after = Balances(before.buckets, before.thresholds, time + AGAIN)
        else:
            after = self._expired(account, before, marks, cause=cause, time=time, effects=effects)
        put_balances(key, before, after, state)

    def _expired(  # noqa: PLR0913 - an account with all that it is folded by
        self,
        account: Account,
        held: Balances,
        marks: CatalogMarks,
        *,
        cause: Cause,
        time: Instant,
        effects: Effects,
    ) -> Balances:
        grace = max(self._plans[version].grace for _, version in marks.marks)
        due, buckets = FOREVER, held.buckets
        for end in sorted({bucket.end for bucket in held.buckets} - {FOREVER}):
            if end + grace > time:
                due = end + grace
                break
            version = marks.at(end) or marks.marks[0][1]
            charge = expire(account, buckets, end, version=version, partition=self._partition)
            if charge is not None:
                effects.make(charge, cause)
            buckets = tuple(bucket for bucket in buckets if bucket.end != end)
        return Balances(buckets, held.thresholds, due)
