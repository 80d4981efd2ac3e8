"""Every warning again: usage in its order, on plain dictionaries, by the tariff's own words.

Nothing of `streams` or `topologies` is imported; rules and prices stand here a second time.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from tests.exactness.log import Record

HOME, NEAR, FAR = "home", "near", "far"
ZONES = {"CH": HOME, "DE": NEAR, "FR": NEAR}
PRICES = {HOME: Decimal("0.01"), NEAR: Decimal("0.05"), FAR: Decimal("0.20")}
ALL = (HOME, NEAR, FAR)
EUR, MB = "EUR", "volume"
NOTHING, CENT = Decimal(0), Decimal("0.01")


class Rule(NamedTuple):
    """A threshold on what has been spent (`EUR`) or used: its levels, then one `every` so much."""

    name: str
    resource: str
    period: str
    zones: tuple[str, ...]
    levels: tuple[int, ...]
    every: int = 0
    action: str = "notify"
    to: tuple[str, ...] = ()


RULES = (
    Rule("shock", EUR, "month", ALL, (30, 48, 60), 12, to=("account_holder",)),
    Rule("daily", EUR, "day", ALL, (5, 10), to=("manager",)),
    Rule("far", EUR, "month", (FAR,), (40,), action="block", to=("account_holder", "partner")),
    Rule("near", EUR, "day", (NEAR,), (6,), action="cap"),
    Rule("slow", EUR, "day", (NEAR,), (3,), action="throttle"),
    Rule("volume", MB, "month", ALL, (500, 1000), 250, to=("manager",)),
)
HARD = ("block", "cap")


class Warned(NamedTuple):
    """One warning as a stranger must read it."""

    account: str
    threshold: str
    resource: str
    kind: str
    level: Decimal
    value: Decimal
    period_start: datetime
    occurred_at: datetime
    to: tuple[str, ...]
    action: str


class Recomputed:
    """All usage of one partition, one record after the other."""

    def __init__(self) -> None:
        self.warned: list[Warned] = []
        self.borne: dict[str, Decimal] = defaultdict(lambda: NOTHING)
        """By account what it owes."""
        self.overrun = NOTHING
        """What was used beyond hard caps, of all accounts."""
        self.records = 0
        self.beyond_most = NOTHING
        """The most that an account has used beyond a cap of one period."""
        self._seen: set[bytes] = set()
        self._totals: dict[tuple[str, str, datetime], Decimal] = defaultdict(lambda: NOTHING)
        self._highest: dict[tuple[str, str, datetime], Decimal] = defaultdict(lambda: NOTHING)
        self._told: set[tuple[str, str, str, Decimal, datetime, str]] = set()

    def take(self, record: Record) -> None:
        """One record as it stands in the log; one that was there before changes nothing."""
        if record.record_id in self._seen:
            return
        self._seen.add(record.record_id)
        self.records += 1
        account = record.service_id.replace("card-", "line-")
        quantity = Decimal(record.attributes["n"])
        country = record.attributes["country"]
        zone = ZONES.get(country, FAR)
        cost = (quantity * PRICES[zone]).quantize(CENT, ROUND_HALF_UP)
        over, level = NOTHING, NOTHING
        for rule in RULES:
            if zone not in rule.zones:
                continue
            moved = cost if rule.resource == EUR else quantity
            before, after = self._add(rule, account, moved, record.occurred_at)
            self._judge(rule, account, after, record.occurred_at)
            if rule.action in HARD:
                cap = Decimal(rule.levels[0])
                over, level = max(after, cap) - max(before, cap), cap
                self.beyond_most = max(self.beyond_most, after - cap)
        self._enter(account, country, record.occurred_at)
        self.borne[account] += cost - over
        self.overrun += over
        if over > 0:
            self._beyond(account, level, over, record.occurred_at)

    def _add(
        self, rule: Rule, account: str, moved: Decimal, at: datetime
    ) -> tuple[Decimal, Decimal]:
        place = rule.name, account, start_of(rule.period, at)
        before = self._totals[place]
        after = self._totals[place] = before + moved
        self._highest[place] = max(self._highest[place], after)
        return before, after

    def _judge(self, rule: Rule, account: str, value: Decimal, at: datetime) -> None:
        period = start_of(rule.period, at)
        for level in _levels(rule, self._highest[rule.name, account, period]):
            seen = account, rule.name, rule.resource, level, period
            if value >= level and (*seen, "crossed") not in self._told:
                self._tell(rule, (*seen, "crossed"), value, at)
            if (
                value < level
                and (*seen, "crossed") in self._told
                and (*seen, "recovered") not in self._told
            ):
                self._tell(rule, (*seen, "recovered"), value, at)

    def _enter(self, account: str, country: str, at: datetime) -> None:
        rule = Rule("welcome", f"country={country}", "day", ALL, (1,), to=("account_holder",))
        one = Decimal(1)
        seen = account, rule.name, rule.resource, one, start_of("day", at), "entered"
        if seen not in self._told:
            self._tell(rule, seen, one, at)

    def _beyond(self, account: str, level: Decimal, over: Decimal, at: datetime) -> None:
        month, kind = start_of("month", at), "overrun"
        known = account, kind, EUR, NOTHING, month, kind
        if known not in self._told:
            self._told.add(known)
            self.warned.append(
                Warned(account, kind, EUR, kind, level, over, month, at, (), "notify")
            )

    def _tell(
        self,
        rule: Rule,
        seen: tuple[str, str, str, Decimal, datetime, str],
        value: Decimal,
        at: datetime,
    ) -> None:
        self._told.add(seen)
        account, name, resource, level, period, kind = seen
        self.warned.append(
            Warned(account, name, resource, kind, level, value, period, at, rule.to, rule.action)
        )


def _levels(rule: Rule, highest: Decimal) -> Iterator[Decimal]:
    yield from map(Decimal, rule.levels)
    level = Decimal(rule.levels[-1])
    while rule.every and (level := level + rule.every) <= highest:
        yield level


def start_of(period: str, at: datetime) -> datetime:
    """The start of the UTC day or month of `at`."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if period == "day" else day.replace(day=1)
