"""Thresholds: a warning when a level is reached, once a month, and once more when it is left.

What has fired stands in the account's state as (threshold, month), what has recovered as
(threshold + `RECOVERED`, month); an alert's id is made from its cause, so however often a step is
computed, its reader sees one alert.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from streams.model.instant import DAY, Instant
from streams.model.money import CONTEXT, Quantity
from streams.model.rated import Alert

OVERRUN = "overrun"
"""The threshold every account has: usage went beyond wallet or credit limit."""
RECOVERED = "/recovered"
_KEPT = 93 * DAY

Fired = tuple[tuple[str, Instant], ...]


class MoneyBound(NamedTuple):
    """A threshold on an account's money: the alert's `level`, the balance that reaches it.

    `owed`: the alert tells what is owed (a positive number) instead of the balance.
    """

    threshold: str
    level: Decimal
    balance: Decimal
    owed: bool

    def value(self, balance: Decimal) -> Decimal:
        """What the alert tells as measured."""
        return CONTEXT.minus(balance) if self.owed else balance


class Watch:
    """Judges the thresholds of one account at one moment; `fired` is its state, changed by it."""

    __slots__ = ("account", "alerts", "fired", "occurred_at", "tenant")

    def __init__(
        self, tenant: str, account: str, *, fired: Sequence[tuple[str, Instant]], at: Instant
    ) -> None:
        self.tenant = tenant
        self.account = account
        self.fired: Fired = tuple(fired)
        self.occurred_at = at
        self.alerts: list[Alert] = []

    def reach(
        self, threshold: str, month: Instant, *, resource: str, level: Quantity, value: Quantity
    ) -> None:
        """The level is reached: warn, unless this month has been warned of already."""
        if (threshold, month) in self.fired or (threshold + RECOVERED, month) in self.fired:
            return
        kept = tuple(pair for pair in self.fired if pair[1] > month - _KEPT)
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
        month: Instant | None = None,
    ) -> None:
        """The level is left: every month that had fired (or only `month`) recovers."""
        for pair in self.fired:
            if pair[0] != threshold or (month is not None and pair[1] != month):
                continue
            self.fired = tuple(
                (threshold + RECOVERED, kept[1]) if kept == pair else kept for kept in self.fired
            )
            self._alert(
                "recovered", threshold, pair[1], resource=resource, level=level, value=value
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
