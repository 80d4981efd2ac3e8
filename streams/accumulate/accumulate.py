"""Put a rated record's effects into the state of its account: money, totals, warnings, counters."""

from decimal import Decimal

from streams.accumulate.accumulators import move_accumulators
from streams.accumulate.counters import post_counters
from streams.accumulate.funds import floor_of, take_funds
from streams.accumulate.thresholds import OVERRUN, Watch
from streams.model.account import Account, Balances, Bucket
from streams.model.instant import FOREVER, Instant
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import Alert, BalanceChange
from streams.outcome import Reject
from streams.rate.plan import HUNDRED, Plan
from streams.rate.rating import Rating
from streams.state import State, Table


def accumulate_usage(
    rating: Rating, *, plan: Plan, before: Balances, state: State, closed_before: Instant
) -> list[Alert] | Reject:
    """Settle the record and put its account's new state; the alerts it caused."""
    refusal = take_funds(rating)
    if refusal is not None:
        return refusal
    account = rating.account
    key = f"{account.tenant}\0{account.account}".encode()
    changed = _changes(rating, before.buckets)
    fired = before.thresholds
    alerts: list[Alert] = []
    if changed or rating.overrun or len(rating.buckets) != len(before.buckets):
        fired, alerts = _watch(rating, plan, changed)
        state.put(Table.BALANCES, key, Balances(tuple(rating.buckets), fired))
    if rating.moved:
        totals = move_accumulators(rating, closed_before=closed_before)
        state.put(Table.ACCUMULATORS, key, totals)
    post_counters(account.tenant, rating.postings, state)
    return alerts


def _changes(rating: Rating, before: tuple[Bucket, ...]) -> list[Bucket]:
    """The buckets that are not as before; each leaves its change in the rating."""
    changed: list[Bucket] = []
    for bucket in rating.buckets:
        if bucket in before:
            continue
        opening = next(
            (
                old.remaining
                for old in before
                if old.resource == bucket.resource and old.start == bucket.start
            ),
            0,
        )
        changed.append(bucket)
        rating.changes.append(
            BalanceChange(bucket.resource, bucket.start, opening, bucket.remaining)
        )
    return changed


def _watch(
    rating: Rating, plan: Plan, changed: list[Bucket]
) -> tuple[tuple[tuple[str, Instant], ...], list[Alert]]:
    account = rating.account
    watch = Watch(
        account.tenant,
        account.account,
        fired=rating.thresholds,
        at=rating.record.occurred_at,
    )
    for bucket in changed:
        if bucket.end == FOREVER:
            watch_money(watch, account, plan, bucket, month=rating.period.start)
        elif bucket.resource in plan.allowance_thresholds:
            _watch_allowance(watch, plan, bucket)
    if rating.overrun:
        floor = floor_of(account) or ZERO
        watch.reach(
            OVERRUN,
            rating.period.start,
            resource=account.currency,
            level=CONTEXT.minus(floor),
            value=rating.overrun,
        )
    return watch.fired, watch.alerts


def watch_money(
    watch: Watch, account: Account, plan: Plan, bucket: Bucket, *, month: Instant
) -> None:
    """Judge the account's money thresholds by what the bucket holds now."""
    remaining = Decimal(bucket.remaining)
    for bound in plan.money_bounds(account):
        if remaining <= bound.balance:
            watch.reach(
                bound.threshold,
                month,
                resource=bucket.resource,
                level=bound.level,
                value=bound.value(remaining),
            )
        elif watch.fired:
            watch.leave(
                bound.threshold,
                resource=bucket.resource,
                level=bound.level,
                value=bound.value(remaining),
            )


def _watch_allowance(watch: Watch, plan: Plan, bucket: Bucket) -> None:
    used = bucket.granted - bucket.remaining
    for threshold, percent in plan.allowance_thresholds[bucket.resource]:
        product = CONTEXT.multiply(Decimal(bucket.granted), percent)
        level = CONTEXT.divide(product, HUNDRED)
        if used >= level:
            watch.reach(threshold, bucket.start, resource=bucket.resource, level=level, value=used)
        elif watch.fired:
            watch.leave(
                threshold,
                resource=bucket.resource,
                level=level,
                value=used,
                month=bucket.start,
            )
