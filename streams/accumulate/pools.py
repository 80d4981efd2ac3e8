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
from streams.accumulate.standing import account_at
from streams.accumulate.thresholds import judge_grant, judge_money
from streams.accumulate.watch import Fired, Seen, Watch, Watched
from streams.due.agenda import put_balances
from streams.model.account import Account, Accumulators, Balances, Bucket, burn_order
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
        if pool in known or len(known) > _DEPTH_MAX or not _have_one_root(pool, reached, state):
            continue
        known.add(pool)
        found = list(_walk(Reached(pool, reached.key, membership), at, state, known))
        if membership.order == "pool_first":
            yield from found
        else:
            after += found
    yield reached
    yield from after


def _have_one_root(pool: bytes, member: Reached, state: State) -> bool:
    """False where one of the two has moved to another root: then the membership rests.

    What is put into a pool before its account is known is drawn on.
    """
    known: Account | None = state.get(Table.ACCOUNTS, pool)
    own: Account | None = state.get(Table.ACCOUNTS, member.key)
    return known is None or own is None or known.root == own.root


def show_pools(rating: Rating, order: list[Reached], product: str, state: State) -> None:
    """Put the buckets of the pools among the member's own, for the time of the record."""
    own = next(number for number, each in enumerate(order) if each.membership is None)
    drawn: list[Drawn] = []
    for number, reached in enumerate(order):
        balances: Balances | None = state.get(Table.BALANCES, reached.key)
        if reached.membership is not None and balances is not None:
            rank = (number - own) * RANK
            shown = tuple(_shown(balances, reached.membership, rank))
            drawn.append(
                Drawn(reached, balances, _cut(shown, reached, product, rating=rating, state=state))
            )
            rating.buckets += drawn[-1].shown
    rating.pools = tuple(drawn)


def _shown(balances: Balances, membership: Membership, rank: int) -> Iterator[Bucket]:
    """The pool's buckets under ids and priorities that no bucket of the member has."""
    for number, bucket in enumerate(balances.buckets):
        yield replace(
            bucket,
            id=f"{membership.pool}/{number:06}",
            priority=bucket.priority + rank,
            holder=membership.pool,
        )


def _cut(
    shown: tuple[Bucket, ...], reached: Reached, product: str, *, rating: Rating, state: State
) -> tuple[Bucket, ...]:
    """No more is shown of a resource than its hard cap leaves, the first to burn first."""
    left = {
        cap.resource: added(cap.quantity, minus(_used(reached, cap, rating, state)))
        for cap in _caps(reached)
        if cap.hard
    }
    cut = list(shown)
    for place in sorted(range(len(cut)), key=lambda place: burn_order(cut[place])):
        bucket = cut[place]
        free = left.get(bucket.resource)
        if free is None or bucket.remaining <= 0 or not _is_open(bucket, product, rating):
            continue
        remaining = min(bucket.remaining, max(0, free))
        left[bucket.resource] = added(free, minus(remaining))
        gone = added(bucket.granted, minus(bucket.remaining))
        cut[place] = replace(bucket, granted=added(gone, remaining), remaining=remaining)
    return tuple(cut)


def _is_open(bucket: Bucket, product: str, rating: Rating) -> bool:
    """True where the record may burn it: a cap goes to no bucket that is shut or for others."""
    at = max(rating.record.occurred_at, rating.span_of(bucket.resource).start)
    return bucket.pays(product, at)


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
    account: Account | None = state.get(Table.ACCOUNTS, key)
    whose = Watched(tenant, pool)
    if account is not None:
        at = rating.record.occurred_at
        whose = Watched.of(account_at(account, at, plan=plan, state=state))
    watch = _watch(whose, rating, plan, fired=drawn.balances.thresholds)
    buckets: list[Bucket] = []
    used: dict[str, Quantity] = {}
    for bucket, change in zip(drawn.balances.buckets, moved, strict=True):
        after = added(bucket.remaining, change)
        buckets.append(bucket.left_with(after) if change else bucket)
        if change:
            used[bucket.resource] = added(used.get(bucket.resource, 0), minus(change))
            moves = BalanceChange(
                bucket.resource, bucket.start, bucket.remaining, after, bucket.id, pool
            )
            rating.changes.append(moves.beside(bucket.reserved))
            month = rating.period.start
            _judge(watch, bucket, moves, account=account, plan=plan, month=month)
    balances = replace(drawn.balances, buckets=tuple(buckets), thresholds=watch.fired)
    put_balances(key, drawn.balances, balances, state)
    return watch.alerts + _count_caps(drawn.reached, used, rating, plan=plan, state=state)


def _watch(whose: Watched, rating: Rating, plan: Plan, *, fired: Fired) -> Watch:
    at, notices = rating.record.occurred_at, plan.thresholds.notices
    return Watch(whose, fired=fired, at=at, notices=notices)


def _judge(  # noqa: PLR0913 - one change of a pool
    watch: Watch,
    bucket: Bucket,
    change: BalanceChange,
    *,
    account: Account | None,
    plan: Plan,
    month: Instant,
) -> None:
    """Judge the pool's thresholds, as those of any account."""
    thresholds = plan.thresholds
    if account is not None and bucket.resource == account.currency:
        judge_money(watch, thresholds.money.of(account), Decimal(change.after), month=month)
    if bucket.resource in thresholds.allowances:
        judge_grant(watch, bucket.granted, change, thresholds)


def _count_caps(
    reached: Reached, used: dict[str, Quantity], rating: Rating, *, plan: Plan, state: State
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
            watch = _watch(Watched(tenant, member), rating, plan, fired=())
            value, resource = added(before, drawn), cap.resource
            seen = Seen.of(name, resource=resource, level=cap.quantity, value=value)
            watch.reach(seen, rating.period.start)
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
