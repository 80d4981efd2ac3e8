"""Thresholds: a warning when a level is reached, once a month, and once more when it is left.

What has fired stands in the account's state as (threshold, month), what has recovered as
(threshold + `RECOVERED`, month); an alert's id is made from its cause, so however often a step is
computed, its reader sees one alert.
"""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import blake2b

from streams.accumulate.wallets import own_money
from streams.model.instant import DAY, Instant
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.model.rated import Alert, BalanceChange
from streams.rate.bounds import MoneyBound
from streams.rate.plan import Plan
from streams.rate.rating import Rating

OVERRUN = "overrun"
"""The threshold every account has: usage went beyond wallet or credit limit."""
RECOVERED = "/recovered"
_KEPT = 93 * DAY

Fired = tuple[tuple[str, Instant], ...]


def watch_rating(rating: Rating, plan: Plan) -> None:
    """Judge the thresholds of what the record changed: sets `rating.alerts` and `rating.fired`.

    Most records reach nothing and leave nothing: that is found without further ado.
    """
    if not rating.overrun and _is_quiet(rating, plan):
        return
    account, bounds = rating.payer.account, rating.payer.bounds
    watch = Watch(account.tenant, account.account, fired=rating.fired, at=rating.record.occurred_at)
    if rating.plan.spans:
        watch.open = frozenset(bucket.start for bucket in rating.buckets)
        watch.fired = _of_open(rating.fired, watch.open, plan)
    for change in rating.changes:
        if change.resource == account.currency:
            own, left = Decimal(change.after), rating.money_left
            if left is not None:
                own = own_money(rating.buckets, account.currency)
            watch.money(bounds, own, month=rating.period.start, left=left)
        elif change.resource in plan.allowance_thresholds:
            _watch_allowance(watch, rating, plan, change)
    if rating.overrun:
        watch.reach(
            OVERRUN,
            rating.period.start,
            resource=account.currency,
            level=CONTEXT.minus(rating.payer.floor or ZERO),
            value=rating.overrun,
        )
    rating.fired = watch.fired
    rating.alerts = tuple(watch.alerts)


def _of_open(fired: Fired, starts: frozenset[Instant], plan: Plan) -> Fired:
    """What has fired, without grants that are over: of short periods there would be many."""
    of_grants = {name for held in plan.allowance_thresholds.values() for name, _ in held}
    return tuple(pair for pair in fired if pair[0] not in of_grants or pair[1] in starts)


def _is_quiet(rating: Rating, plan: Plan) -> bool:
    """True where judging the changes would neither reach nor leave a threshold."""
    fired, currency, bounds = rating.fired, rating.plan.currency, rating.payer.bounds
    for change in rating.changes:
        if change.resource == currency:
            # The bounds fall: above the first none is reached. What has fired could be left.
            if bounds and (fired or change.after <= bounds[0].balance):
                return False
            if bounds and rating.money_left is not None:
                return False
        elif change.resource in plan.allowance_thresholds:
            granted = _granted(rating, change)
            if granted is None:
                continue
            used, start = granted - change.after, change.period_start
            if fired and change.after > change.before:
                return False
            if type(used) is int and used < plan.allowance_first(change.resource, granted):
                continue
            for threshold, level in plan.allowance_levels(change.resource, granted):
                if used >= level and (threshold, start) not in fired:
                    return False
    return True


def _granted(rating: Rating, change: BalanceChange) -> Quantity | None:
    """What the changed bucket was given; None where its period was closed by this record."""
    for bucket in rating.buckets:
        if bucket.start == change.period_start and bucket.resource == change.resource:
            return bucket.granted
    return None


def _watch_allowance(watch: "Watch", rating: Rating, plan: Plan, change: BalanceChange) -> None:
    granted = _granted(rating, change)
    if granted is None:
        return
    used = granted - change.after
    for threshold, level in plan.allowance_levels(change.resource, granted):
        if used >= level:
            watch.reach(
                threshold, change.period_start, resource=change.resource, level=level, value=used
            )
        elif change.after > change.before:
            period = change.period_start
            watch.leave(threshold, resource=change.resource, level=level, value=used, period=period)


class Watch:
    """Judges the thresholds of one account at one moment; `fired` is its state, changed by it.

    What fired in a period that begins at one of `open` is kept, however long ago that is.
    """

    __slots__ = ("account", "alerts", "fired", "occurred_at", "open", "tenant")

    def __init__(self, tenant: str, account: str, *, fired: Fired, at: Instant) -> None:
        self.tenant = tenant
        self.account = account
        self.fired = fired
        self.occurred_at = at
        self.open: frozenset[Instant] = frozenset()
        self.alerts: list[Alert] = []

    def reach(
        self, threshold: str, month: Instant, *, resource: str, level: Quantity, value: Quantity
    ) -> None:
        """The level is reached: warn, unless this month has been warned of already."""
        if (threshold, month) in self.fired or (threshold + RECOVERED, month) in self.fired:
            return
        old, open_ = month - _KEPT, self.open
        kept = tuple(pair for pair in self.fired if pair[1] > old or pair[1] in open_)
        self.fired = (*kept, (threshold, month))
        kind = "overrun" if threshold == OVERRUN else "crossed"
        self._alert(kind, threshold, month, resource=resource, level=level, value=value)

    def leave(
        self,
        threshold: str,
        *,
        resource: str,
        level: Quantity,
        value: Quantity,
        period: Instant | None = None,
    ) -> None:
        """The level is left: every month that had fired recovers, or that `period` alone."""
        for pair in self.fired:
            if pair[0] != threshold or period not in (None, pair[1]):
                continue
            self.fired = tuple(
                (threshold + RECOVERED, kept[1]) if kept == pair else kept for kept in self.fired
            )
            self._alert(
                "recovered", threshold, pair[1], resource=resource, level=level, value=value
            )

    def money(
        self,
        bounds: Iterable[MoneyBound],
        own: Decimal,
        *,
        month: Instant,
        left: Decimal | None = None,
    ) -> None:
        """Judge the thresholds on the account's money by what is left of it.

        What is owed is `own`, below zero; a balance is what is `left` with wallets, where there
        are any.
        """
        for bound in bounds:
            remaining = own if left is None or bound.owed else left
            if remaining <= bound.balance:
                self.reach(
                    bound.threshold,
                    month,
                    resource=bound.currency,
                    level=bound.level,
                    value=bound.value(remaining),
                )
            elif self.fired:
                self.leave(
                    bound.threshold,
                    resource=bound.currency,
                    level=bound.level,
                    value=bound.value(remaining),
                )

    def _alert(  # noqa: PLR0913 - the fields of an alert
        self,
        kind: str,
        threshold: str,
        month: Instant,
        *,
        resource: str,
        level: Quantity,
        value: Quantity,
    ) -> None:
        cause = f"{self.tenant}\0{self.account}\0{threshold}\0{month}\0{kind}"
        self.alerts.append(
            Alert(
                alert_id=blake2b(cause.encode(), digest_size=16).hexdigest(),
                tenant=self.tenant,
                account=self.account,
                threshold=threshold,
                resource=resource,
                kind=kind,
                level=level,
                value=value,
                period_start=month,
                occurred_at=self.occurred_at,
            )
        )
