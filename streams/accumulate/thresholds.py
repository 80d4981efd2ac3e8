"""Thresholds on what a record changed: the account's money, its grants, its running totals.

Most records reach nothing and leave nothing: that is found without further ado.
"""

from decimal import Decimal

from streams.accumulate.wallets import own_money
from streams.accumulate.watch import OVERRUN, Fired, Low, Seen, Watch, Watched, threshold_of
from streams.accumulate.watched_totals import (
    reaches_total,
    watch_entries,
    watch_tallies,
    watch_totals,
)
from streams.model.instant import Instant
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.model.rated import BalanceChange
from streams.rate.bounds import MoneyBound
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.rate.spans import MONTH, OwnSpan
from streams.rate.thresholds import AllowanceLevel, Thresholds

_MONTH = OwnSpan(MONTH)


def watch_rating(rating: Rating, plan: Plan) -> tuple[Low, ...]:
    """Judge the thresholds of what the record changed: sets `rating.alerts` and `rating.fired`.

    Gives those by which money is to be asked for.
    """
    thresholds = plan.thresholds
    moves = False
    if thresholds.totals:
        rating.room = None  # whatever is judged from here on, the charge is the same
        moves = reaches_total(rating, thresholds)
    if not (rating.overrun or rating.entered or moves) and _is_quiet(rating, thresholds):
        return ()
    account, at = rating.payer.account, rating.record.occurred_at
    watched, notices = Watched.of(account), thresholds.notices
    watch = Watch(watched, fired=rating.fired, at=at, notices=notices)
    if rating.plan.spans:
        watch.open = frozenset(bucket.start for bucket in rating.buckets)
    for change in rating.changes:
        if change.resource == account.currency:
            own, left = Decimal(change.after), rating.money_left
            if left is not None:
                own = own_money(rating.buckets, account.currency)
            judge_money(watch, rating.payer.bounds, own, month=rating.period.start, left=left)
        elif change.resource in thresholds.allowances:
            granted = _granted(rating, change)
            if granted is not None:
                judge_grant(watch, granted, change, thresholds)
    if moves:
        watch_totals(watch, rating, thresholds)
        watch_tallies(watch, rating, thresholds)
    if rating.entered:
        watch_entries(watch, rating)
    if rating.overrun > ZERO:
        level = rating.cap_level
        if level is None:
            level = CONTEXT.minus(rating.payer.floor or ZERO)
        beyond = Seen.of(OVERRUN, resource=account.currency, level=level, value=rating.overrun)
        watch.reach(beyond, rating.period.start, OVERRUN)
    if watch.fired is not rating.fired:
        # Nothing looks for what is over; it only has to go before there is too much of it.
        rating.fired = watch.fired
        if rating.plan.spans:
            rating.fired = not_over(watch.fired, rating, thresholds, watch.open)
    rating.alerts = tuple(watch.alerts)
    return watch.low


def judge_money(
    watch: Watch,
    bounds: tuple[MoneyBound, ...],
    own: Decimal,
    *,
    month: Instant,
    left: Decimal | None = None,
) -> None:
    """Judge the thresholds on the account's money by what is left of it.

    What is owed is `own`, below zero; a balance is what is `left` with wallets, where there are
    any.
    """
    for bound in bounds:
        remaining = own if left is None or bound.owed else left
        is_reached = remaining <= bound.balance
        if is_reached or watch.fired:
            value = bound.value(remaining)
            seen = Seen.at(bound.level, resource=bound.currency, value=value)
            if is_reached:
                watch.reach(seen, month)
                if bound.top_up is not None and watch.concerns(seen.threshold):
                    to = watch.notices[seen.threshold].to
                    watch.low = (*watch.low, Low(bound, bound.top_up, remaining, to))
            else:
                watch.leave(seen)


def not_over(
    fired: Fired, rating: Rating, thresholds: Thresholds, kept: frozenset[Instant]
) -> Fired:
    """What has fired, without periods of totals that are closed: there would be many.

    Those that begin at one of `kept` stay.
    """
    spans, zone_name, closed = rating.plan.spans, rating.payer.time_zone, rating.closed_before

    def is_over(mark: str, start: Instant) -> bool:
        if start >= closed or start in kept:
            return False
        name = thresholds.spans.get(threshold_of(mark))
        if name is None:
            return False
        span = spans.get(name, _MONTH)
        return span.at(start, zone_name, closed_before=start).end <= closed

    return tuple(pair for pair in fired if not is_over(*pair))


def _is_quiet(rating: Rating, thresholds: Thresholds) -> bool:
    """True where judging the changes would neither reach nor leave a threshold."""
    fired, currency, bounds = rating.fired, rating.plan.currency, rating.payer.bounds
    for change in rating.changes:
        if change.resource == currency:
            # The bounds fall: above the first none is reached. What has fired could be left.
            if bounds and (fired or change.after <= bounds[0].balance):
                return False
            if bounds and rating.money_left is not None:
                return False
        elif change.resource in thresholds.allowances:
            granted = _granted(rating, change)
            if granted is None:
                continue
            used = granted - change.after
            if fired and change.after > change.before:
                return False
            if type(used) is int and used < thresholds.first_of_allowance(change.resource, granted):
                continue
            for level in thresholds.of_allowance(change.resource, granted):
                if used >= level.used and (_mark(level, change), change.period_start) not in fired:
                    return False
    return True


def _granted(rating: Rating, change: BalanceChange) -> Quantity | None:
    """What the changed bucket was given; None where its period was closed by this record."""
    for bucket in rating.buckets:
        if (
            bucket.start == change.period_start
            and bucket.resource == change.resource
            and bucket.id == change.bucket
        ):
            return bucket.granted
    return None


def _mark(level: AllowanceLevel, change: BalanceChange) -> str:
    """Buckets with a name of their own are watched one by one."""
    mark = level.level.mark
    return f"{mark}/bucket={change.bucket}" if change.bucket else mark


def judge_grant(
    watch: Watch, granted: Quantity, change: BalanceChange, thresholds: Thresholds
) -> None:
    """Judge the thresholds on an allowance by the change of a bucket that was given `granted`."""
    used = granted - change.after
    for level in thresholds.of_allowance(change.resource, granted):
        threshold, _, at = level.level
        value = change.after if level.left else used
        seen = Seen(threshold, _mark(level, change), change.resource, at, value)
        if used >= level.used:
            watch.reach(seen, change.period_start)
        elif change.after > change.before:
            watch.leave(seen, change.period_start)
