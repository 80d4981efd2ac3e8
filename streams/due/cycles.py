"""Grants by the account's bill units, as a billing profile cuts those anew.

The period that is open ends where its unit does now. What is left of one that would have ended
before the grace is void at once; else it ends as any other does.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from streams.due.agenda import put_balances
from streams.due.grants import LIABILITY, VOID, put_grants
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Balances, Bucket, Fees, burn_order
from streams.model.account_period import CYCLE
from streams.model.billing import CALENDAR
from streams.model.billing_command import PutBillingProfile
from streams.model.grant import PLAN_GRANT, Grants
from streams.model.instant import BEGINNING, Instant
from streams.rate.grant import group_bucket, supplement_bucket
from streams.rate.plan import Plan
from streams.state import CatalogMarks, Effects, State, Table

_OF_PLANS: Final = (group_bucket(""), supplement_bucket(""))


class Recut:
    """One account whose bill units are cut anew: `before` and `after` its profile was put."""

    def __init__(self, before: Account, after: Account, key: bytes, state: State) -> None:
        self._before = before.billing or CALENDAR
        self._after = after.billing or CALENDAR
        self._account = after
        self._key = key
        self._state = state

    def follow(
        self,
        command: PutBillingProfile,
        plans: Mapping[str, Plan],
        *,
        closed_before: Instant,
        partition: int,
        effects: Effects,
    ) -> None:
        """Let what is granted for each unit follow."""
        marks: CatalogMarks | None = self._state.get(Table.CATALOGS, command.tenant.encode())
        versions = () if marks is None else marks.marks
        granted = {name for _, version in versions for name in _granted(plans[version])}
        standing = self._standing()
        if not granted and not standing:
            return
        self._openings(granted)
        movement = Movement(VOID, command.command_id, command.occurred_at)
        held: Balances = self._state.get(Table.BALANCES, self._key) or Balances()
        left = list[Bucket]()
        for bucket in held.buckets:
            is_plans = bucket.resource in granted and _is_plans(bucket)
            if not is_plans and bucket.id not in standing:
                left.append(bucket)
                continue
            moved = self._moved(bucket)
            if moved.end > closed_before or moved.end == bucket.end:
                left.append(moved)
            elif bucket.unused:
                movement.end(bucket, against=LIABILITY)
        buckets = tuple(sorted(left, key=burn_order))
        put_balances(self._key, held, replace(held, buckets=buckets, due=BEGINNING), self._state)
        if movement and versions:
            version = (marks and marks.at(command.occurred_at)) or versions[0][1]
            holder = holder_of(self._account)
            charge = movement.charge(holder, version=version, partition=partition)
            effects.make(charge, command)

    def _standing(self) -> set[str]:
        """The account's own grants that come for each unit; the next one comes when it begins."""
        grants: Grants = self._state.get(Table.GRANTS, self._key) or Grants()
        moved = tuple(
            replace(each, until=self._until(each.start, each.until))
            if each.every == CYCLE
            else each
            for each in grants.standing
        )
        if moved != grants.standing:
            put_grants(moved, self._key, self._state)
        return {each.grant for each in moved if each.every == CYCLE}

    def _openings(self, granted: set[str]) -> None:
        """What price plans grant as units begin comes when they begin now."""
        fees: Fees = self._state.get(Table.FEES, self._key) or Fees()
        names = {f"{PLAN_GRANT}{each}" for each in granted}
        moved = tuple(
            replace(each, until=self._until(each.start, each.until)) if each.fee in names else each
            for each in fees.running
        )
        if moved != fees.running:
            self._state.put(Table.FEES, self._key, Fees(moved))

    def _moved(self, bucket: Bucket) -> Bucket:
        """The bucket as its unit ends now; what rolls over does so for as many units."""
        end, outlives = self._end(bucket.start, bucket.end), bucket.roll_over
        if end == bucket.end or outlives is None:
            return replace(bucket, end=end)
        zone_name, old, until = self._account.time_zone, bucket.end, end
        while old < outlives.until:
            old = self._before.unit_at(old, zone_name).end
            until = self._after.unit_at(until, zone_name).end
        if old > outlives.until:
            # The grant as a whole ends before.
            until = min(until, outlives.until)
        outlives = replace(outlives, until=until) if until > end else None
        return replace(bucket, end=end, roll_over=outlives)

    def _until(self, start: Instant, until: Instant) -> Instant:
        """When the next unit begins, of what has opened those before `until`."""
        if until == start:
            return until
        unit = self._before.unit_at(until - 1, self._account.time_zone)
        return self._end(max(unit.start, start), until)

    def _end(self, start: Instant, end: Instant) -> Instant:
        """The end of what began at `start`: with its unit, or before that where it ended so."""
        zone_name = self._account.time_zone
        now = self._after.unit_at(start, zone_name).end
        return now if end == self._before.unit_at(start, zone_name).end else min(end, now)


def _granted(plan: Plan) -> Iterator[str]:
    for price_plan in plan.price_plans.values():
        yield from (each.allowance for each in price_plan.terms.grants if each.every == CYCLE)


def _is_plans(bucket: Bucket) -> bool:
    """True of what a price plan has granted, of which nothing has been rolled over yet."""
    return not bucket.id or (bucket.id.startswith(_OF_PLANS) and "+" not in bucket.id)
