"""Drawing on pools: a member's usage burns what the pool holds, next to what the member holds.

All members of a pool live on its partition, because they have one root. For the time of one record
the buckets of its pools stand among the member's own, each cut to what caps leave, with a priority
by which all of one account burn before the next account's. The rules burn them like any other; what
is gone of them is then taken from the pool.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.partner_totals import plus
from streams.accumulate.thresholds import Watch
from streams.due.agenda import put_balances
from streams.model.account import Account, Accumulators, Balances, Bucket
from streams.model.instant import Instant
from streams.model.money import Quantity, added, minus
from streams.model.pool import Membership, Memberships, PoolCap
from streams.model.rated import Alert, BalanceChange
from streams.rate.plan import Plan
from streams.rate.pooled import RANK, Drawn, Reached
from streams.rate.rating import Rating
from streams.state import State, Table

CAP: Final = "pool_cap"
"""What the name of a member's cap begins with: `pool_cap:<pool>/<resource>`."""
_DEPTH_MAX: Final = 8
"""Pools of pools are followed so far."""


def capped_total(pool: str, resource: str) -> str:
    """The running total of what a member has drawn of a resource in a month."""
    return f"{CAP}:{pool}/{resource}"


def accounts_drawn_on(key: bytes, at: Instant, state: State) -> list[Reached]:
    """A member and its pools, and theirs, in the order they are drawn on.

    A pool that is reached on two ways, or by itself, counts once.
    """
    return list(_walk(Reached(key, key, None), at, state, {key}))


def _walk(reached: Reached, at: Instant, state: State, known: set[bytes]) -> Iterator[Reached]:
    tenant = reached.key.partition(b"\0")[0]
    held: Memberships = state.get(Table.POOLS, reached.key) or Memberships()
    after: list[Reached] = []
    for membership in held.at(at):
        pool = tenant + b"\0" + membership.pool.encode()
        if pool in known or len(known) > _DEPTH_MAX:
            continue
        known.add(pool)
        found = list(_walk(Reached(pool, reached.key, membership), at, state, known))
        if membership.order == "pool_first":
            yield from found
        else:
            after += found
    yield reached
    yield from after


def show_pools(rating: Rating, order: list[Reached], plan: Plan, state: State) -> None:
    """Put the buckets of the pools among the member's own, for the time of the record."""
    own = next(number for number, each in enumerate(order) if each.membership is None)
    drawn: list[Drawn] = []
    for number, reached in enumerate(order):
        balances: Balances | None = state.get(Table.BALANCES, reached.key)
        if reached.membership is not None and balances is not None:
            rank = (number - own) * RANK
            shown = tuple(_shown(balances, reached.membership, rank, plan))
            drawn.append(Drawn(reached, balances, _cut(shown, reached, rating, state)))
            rating.buckets += drawn[-1].shown
    rating.pools = tuple(drawn)


def _shown(balances: Balances, membership: Membership, rank: int, plan: Plan) -> Iterator[Bucket]:
    """The pool's buckets under ids and priorities that no bucket of the member has."""
    for number, bucket in enumerate(balances.buckets):
        own = bucket.priority if bucket.id else plan.priorities.get(bucket.resource, 0)
        yield replace(
            bucket,
            id=f"{membership.pool}/{number:06}",
            priority=own + rank,
            holder=membership.pool,
        )


def _cut(
    shown: tuple[Bucket, ...], reached: Reached, rating: Rating, state: State
) -> tuple[Bucket, ...]:
    """No more is shown of a resource than its hard cap leaves, the first to burn first."""
    left = {
        cap.resource: added(cap.quantity, minus(_used(reached, cap, rating, state)))
        for cap in _caps(reached)
        if cap.hard
    }
    cut = list(shown)
    for place in sorted(range(len(cut)), key=lambda place: _burn_order(cut[place])):
        bucket = cut[place]
        free = left.get(bucket.resource)
        if free is None or bucket.remaining <= 0:
            continue
        remaining = min(bucket.remaining, max(0, free))
        left[bucket.resource] = added(free, minus(remaining))
        gone = added(bucket.granted, minus(bucket.remaining))
        cut[place] = replace(bucket, granted=added(gone, remaining), remaining=remaining)
    return tuple(cut)


def settle_pools(rating: Rating, plan: Plan, state: State) -> tuple[Alert, ...]:
    """Take from the pools what was burned of them; the alerts that this led to.

    The member's own buckets are left, and changes tell what the pools held and hold.
    """
    left = {bucket.id: bucket.remaining for bucket in rating.buckets if bucket.holder}
    rating.buckets[:] = [bucket for bucket in rating.buckets if not bucket.holder]
    rating.changes[:] = [change for change in rating.changes if not change.account]
    told: list[Alert] = []
    for drawn in rating.pools:
        moved = [added(left[shown.id], minus(shown.remaining)) for shown in drawn.shown]
        if any(moved):
            told += _take(drawn, moved, rating=rating, plan=plan, state=state)
    return tuple(told)


def _take(
    drawn: Drawn, moved: list[Quantity], *, rating: Rating, plan: Plan, state: State
) -> list[Alert]:
    """Put the pool's new balances, and what its member has drawn of its caps."""
    key = drawn.reached.key
    tenant, pool = key.decode().split("\0")
    watch = Watch(tenant, pool, fired=drawn.balances.thresholds, at=rating.record.occurred_at)
    buckets: list[Bucket] = []
    used: dict[str, Quantity] = {}
    for bucket, change in zip(drawn.balances.buckets, moved, strict=True):
        after = added(bucket.remaining, change)
        buckets.append(bucket.left_with(after) if change else bucket)
        if change:
            used[bucket.resource] = added(used.get(bucket.resource, 0), minus(change))
            rating.changes.append(
                BalanceChange(
                    bucket.resource, bucket.start, bucket.remaining, after, bucket.id, pool
                )
            )
            _watch(watch, bucket, after, plan=plan, rating=rating, state=state, key=key)
    balances = replace(drawn.balances, buckets=tuple(buckets), thresholds=watch.fired)
    put_balances(key, drawn.balances, balances, state)
    return watch.alerts + _count_caps(drawn.reached, used, rating, state)


def _watch(  # noqa: PLR0913 - one change of a pool
    watch: Watch,
    bucket: Bucket,
    after: Quantity,
    *,
    plan: Plan,
    rating: Rating,
    state: State,
    key: bytes,
) -> None:
    """Judge the pool's thresholds, as those of any account."""
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if account is not None and bucket.resource == account.currency:
        month = rating.period.start
        watch.money(plan.money_bounds.of(account), Decimal(after), month=month)
    if bucket.resource not in plan.allowance_thresholds:
        return
    used = added(bucket.granted, minus(after))
    for threshold, level in plan.allowance_levels(bucket.resource, bucket.granted):
        if used >= level:
            watch.reach(threshold, bucket.start, resource=bucket.resource, level=level, value=used)
        elif after > bucket.remaining:
            watch.leave(
                threshold, resource=bucket.resource, level=level, value=used, period=bucket.start
            )


def _count_caps(
    reached: Reached, used: dict[str, Quantity], rating: Rating, state: State
) -> list[Alert]:
    """Add to what the member has drawn; a soft cap that is reached warns once a month."""
    told: list[Alert] = []
    for cap in _caps(reached):
        drawn = used.get(cap.resource)
        if not drawn:
            continue
        before = _used(reached, cap, rating, state)
        name = capped_total(_pool(reached), cap.resource)
        if reached.member == rating.payer.key:
            rating.move(name, drawn)
        else:
            totals: Accumulators = state.get(Table.ACCUMULATORS, reached.member) or Accumulators()
            totals = plus(totals, name, rating.period, drawn)
            state.put(Table.ACCUMULATORS, reached.member, totals)
        if not cap.hard and before < cap.quantity <= added(before, drawn):
            tenant, member = reached.member.decode().split("\0")
            watch = Watch(tenant, member, fired=(), at=rating.record.occurred_at)
            value = added(before, drawn)
            start, resource = rating.period.start, cap.resource
            watch.reach(name, start, resource=resource, level=cap.quantity, value=value)
            told += watch.alerts
    return told


def _used(reached: Reached, cap: PoolCap, rating: Rating, state: State) -> Quantity:
    """What the member has drawn of a resource in the record's month."""
    name = capped_total(_pool(reached), cap.resource)
    if reached.member == rating.payer.key:
        return rating.used_of(name)
    totals: Accumulators | None = state.get(Table.ACCUMULATORS, reached.member)
    for total, start, _, quantity in () if totals is None else totals.totals:
        if total == name and start == rating.period.start:
            return quantity
    return 0


def _caps(reached: Reached) -> tuple[PoolCap, ...]:
    return () if reached.membership is None else reached.membership.caps


def _pool(reached: Reached) -> str:
    return "" if reached.membership is None else reached.membership.pool


def _burn_order(bucket: Bucket) -> tuple[int, Instant, Instant, str]:
    return bucket.priority, bucket.end, bucket.start, bucket.id
