"""Which thresholds have fired: a level fires once a period, and recovers once.

What has fired stands in the account's state as (mark, period start), what has recovered as
(mark + `RECOVERED`, period start); an alert's id is made from its cause, so however often a step is
computed, its reader sees one alert.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Final, NamedTuple

from streams.model.account import Account
from streams.model.instant import DAY, Instant
from streams.model.money import Quantity
from streams.model.rated import Alert
from streams.model.top_up_request import AutoTopUp
from streams.rate.bounds import MoneyBound
from streams.rate.levels import Level
from streams.rate.thresholds import Notice

CROSSED: Final = "crossed"
ENTERED: Final = "entered"
OVERRUN: Final = "overrun"
"""The threshold every account has: usage went beyond wallet, credit limit or cap."""
RECOVERED: Final = "/recovered"
_KEPT: Final = 400 * DAY
"""How long a mark of a month is kept, or of a grant that is over."""
_AFTER_ID: Final = re.compile("[@+/]")

Fired = tuple[tuple[str, Instant], ...]


def threshold_of(mark: str) -> str:
    """The catalog's threshold that a mark is of."""
    return _AFTER_ID.split(mark, 1)[0]


class Seen(NamedTuple):
    """What has been measured at a level: by the mark of the level, in the resource's unit."""

    threshold: str
    mark: str
    resource: str
    level: Quantity
    value: Quantity

    @classmethod
    def at(cls, level: Level, *, resource: str, value: Quantity) -> "Seen":
        """A level as the catalog has it."""
        return cls(level.threshold, level.mark, resource, level.at, value)

    @classmethod
    def of(cls, threshold: str, *, resource: str, level: Quantity, value: Quantity) -> "Seen":
        """A threshold of one level that no catalog says."""
        return cls(threshold, threshold, resource, level, value)


class Low(NamedTuple):
    """Money that is as low as a threshold says, where that asks for more; and what is left."""

    bound: MoneyBound
    terms: AutoTopUp
    left: Decimal
    to: tuple[str, ...]


class Watched(NamedTuple):
    """Whose thresholds they are."""

    tenant: str
    account: str
    attributes: Mapping[str, str] = {}

    @classmethod
    def of(cls, account: Account) -> "Watched":
        """An account that is known."""
        return cls(account.tenant, account.account, account.attributes)


class Watch:
    """Judges the thresholds of one account at one moment; `fired` is its state, changed by it.

    What fired in a period that begins at one of `open` is kept, however long ago that is; so is
    what goes by periods of its own, until whoever knows them takes it away.
    """

    __slots__ = (
        "_found",
        "_of",
        "account",
        "alerts",
        "fired",
        "low",
        "notices",
        "occurred_at",
        "open",
    )

    def __init__(
        self, account: Watched, *, fired: Fired, at: Instant, notices: Mapping[str, Notice]
    ) -> None:
        self.account = account
        self.fired = fired
        self.occurred_at = at
        self.notices = notices
        self.open: frozenset[Instant] = frozenset()
        self.alerts: list[Alert] = []
        self.low: tuple[Low, ...] = ()
        self._of: Fired = ()
        self._found: frozenset[tuple[str, Instant]] = frozenset()

    def reach(self, seen: Seen, period: Instant, kind: str = CROSSED) -> None:
        """The level is reached: warn, unless this period has been warned of already."""
        mark = seen.mark
        if self._has(mark, period) or self._has(mark + RECOVERED, period):
            return
        if self.concerns(seen.threshold):
            self.fired = (*self._kept(period), (mark, period))
            self.tell(kind, seen, period)

    def leave(self, seen: Seen, period: Instant | None = None) -> None:
        """The level is left: every period that had fired recovers, or that `period` alone."""
        if period is not None and not self._has(seen.mark, period):
            return
        for pair in self.fired:
            if pair[0] != seen.mark or period not in (None, pair[1]):
                continue
            over = (seen.mark + RECOVERED, pair[1])
            self.fired = tuple(over if kept == pair else kept for kept in self.fired)
            self.tell("recovered", seen, pair[1])

    def _has(self, mark: str, period: Instant) -> bool:
        """True where the mark stands; marks may be many, and each level asks."""
        if self._of is not self.fired:
            self._of, self._found = self.fired, frozenset(self.fired)
        return (mark, period) in self._found

    def stands(self, mark: str) -> bool:
        """True where the mark has fired, in whichever period, and has not recovered."""
        return any(pair[0] == mark for pair in self.fired)

    def forget(self, mark: str, *, before: Instant) -> None:
        """Take away that the mark has recovered in periods before."""
        over = mark + RECOVERED
        self.fired = tuple(pair for pair in self.fired if pair[0] != over or pair[1] >= before)

    def concerns(self, threshold: str) -> bool:
        """True where the threshold is for accounts like this one."""
        notice = self.notices.get(threshold)
        return notice is None or notice.concerns(self.account.attributes)

    def put(self, mark: str, period: Instant, *, instead_of: str) -> None:
        """A mark that takes the place of another one of its period."""
        kept = (pair for pair in self._kept(period) if pair != (instead_of, period))
        self.fired = (*kept, (mark, period))

    def _kept(self, period: Instant) -> Iterable[tuple[str, Instant]]:
        old, open_ = period - _KEPT, self.open
        return (
            pair
            for pair in self.fired
            if pair[1] > old
            or pair[1] in open_
            or self.notices.get(threshold_of(pair[0]), _UNSAID).has_span
        )

    def tell(self, kind: str, seen: Seen, period: Instant) -> None:
        """Append the alert."""
        account, notice = self.account, self.notices.get(seen.threshold, _UNSAID)
        cause = f"{account.tenant}\0{account.account}\0{seen.mark}\0{period}\0{kind}"
        self.alerts.append(
            Alert(
                alert_id=blake2b(cause.encode(), digest_size=16).hexdigest(),
                tenant=account.tenant,
                account=account.account,
                threshold=seen.threshold,
                resource=seen.resource,
                kind=kind,
                level=seen.level,
                value=seen.value,
                period_start=period,
                occurred_at=self.occurred_at,
                to=notice.to,
                action=notice.action,
            )
        )


_UNSAID: Final = Notice()
