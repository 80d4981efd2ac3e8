"""Everything again: the inputs of one partition, one after the other, on plain dictionaries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from tests.exactness.calendar import month_end, month_start, segments
from tests.exactness.log import CommandInput, Input, Record, moment, record_of
from tests.exactness.price import EXACT, cost, divided, measured, pick
from tests.exactness.tariff import Offer, Plan, Tariff

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
PUT_ACCOUNT, ASSIGN_SERVICE, _, TOP_UP, ACTIVATE, TICK, DISCARD, _, _, RELEASED = range(1, 11)
WINDOW = timedelta(days=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Account:
    """What is known of an account, and what it holds."""

    payment: str
    currency: str
    zone: str
    limit: Decimal | None
    money: Decimal = Decimal(0)
    allowances: dict[tuple[str, datetime], Decimal] = field(default_factory=dict)
    ends: dict[datetime, datetime] = field(default_factory=dict)
    totals: dict[tuple[str, datetime], Decimal] = field(default_factory=dict)


@dataclass
class Charge:
    """One rated record as the comparison wants it."""

    tenant: str
    account: str
    usage_type: str
    product: str
    currency: str
    amount: Decimal
    zone: str
    occurred_at: datetime
    quantities: dict[str, Decimal]
    overrun: Decimal


class Partition:
    """The state of one partition, and what came of its inputs."""

    def __init__(self, tariffs: dict[str, Tariff]) -> None:
        self._tariffs = tariffs
        self._active: set[str] = set()
        self._services: dict[tuple[str, str], list[tuple[datetime, datetime, str, str]]] = {}
        self._marks: dict[bytes, tuple[str, tuple[str, int, int, int]]] = {}
        self._commands: set[str] = set()
        self._time = datetime(1, 1, 1, tzinfo=UTC)
        self.accounts: dict[tuple[str, str], Account] = {}
        self.charges: dict[bytes, Charge] = {}
        self.counts: dict[str, int] = defaultdict(int)

    def take(self, given: Input) -> None:
        """One input of the partition's log."""
        if isinstance(given, Record):
            self._record(given, released=False)
        elif given.fields[0] not in self._commands:
            self._commands.add(given.fields[0])
            self._command(given)

    def _command(self, command: CommandInput) -> None:
        fields = command.fields[1:]
        match command.kind:
            case 1:
                tenant, account, _, payment, currency, zone, limit, *_ = fields
                bound = None if limit is None else Decimal(limit)
                known = self.accounts.get((tenant, account))
                if known is None:
                    self.accounts[tenant, account] = Account(payment, currency, zone, bound)
                else:
                    known.payment, known.zone, known.limit = payment, zone, bound
            case 2:
                tenant, service, account, _, _, plan, start, end, *_ = fields
                row = (moment(start), moment(end), account, plan)
                self._services.setdefault((tenant, service), []).append(row)
            case 4:
                tenant, account, _, amount, *_ = fields
                self.accounts[tenant, account].money += Decimal(amount)
            case 5:
                self._active.add(fields[0])
            case 6:
                self._time = max(self._time, moment(fields[0]))
            case 10:
                topic_id, partition, _, records = fields[0]
                for packed in records:
                    self._record(record_of(packed, topic_id, partition), released=True)
            case kind:
                raise AssertionError(f"a command this recomputation does not know: {kind}")

    def _record(self, record: Record, *, released: bool) -> None:
        known = self._marks.get(record.record_id)
        if known is not None and not (known[0] == "suspended" and released):
            if known[1] != record.position:
                self.counts["duplicate"] += 1
            return
        end = self._charge(record)
        position = record.position if known is None else known[1]
        self._marks[record.record_id] = (end, position)
        if known is None or end != "suspended":
            self.counts[end] += 1

    def _charge(self, record: Record) -> str:
        if not any(quantity for _, quantity in record.usages):
            return "ignored"
        if record.occurred_at < self._time - WINDOW:
            return "suspended"
        rows = self._services.get((record.tenant, record.service_id), [])
        fitting = [row for row in rows if row[0] <= record.occurred_at < row[1]]
        if record.tenant not in self._active or not fitting:
            return "suspended"
        *_, account_id, plan_id = fitting[-1]
        account = self.accounts.get((record.tenant, account_id))
        tariff = self._tariffs[record.tenant]
        plan = tariff.plans.get(plan_id)
        if account is None or plan is None:
            return "suspended"
        offer = _offer_at(plan, record)
        if offer is None:
            return "suspended"
        return _Rating(tariff, plan, offer, account, self._time).charge(
            record, account_id, self.charges
        )


def _offer_at(plan: Plan, record: Record) -> Offer | None:
    """The newest offer of the usage type that is in force."""
    fitting = [
        offer
        for offer in plan.offers
        if offer.usage_type == record.usage_type
        and (offer.start is None or offer.start <= record.occurred_at)
        and (offer.end is None or record.occurred_at < offer.end)
    ]
    first = datetime(1, 1, 1, tzinfo=UTC)
    return max(fitting, key=lambda offer: offer.start or first, default=None)


@dataclass
class _Rating:
    """One record against one account."""

    tariff: Tariff
    plan: Plan
    offer: Offer
    account: Account
    time: datetime

    def charge(self, record: Record, account_id: str, charges: dict[bytes, Charge]) -> str:
        """Charge the record into `charges`; tells where it ended."""
        zone = self._zone(record)
        if zone is None:
            return "suspended"
        month = month_start(record.occurred_at, self.account.zone)
        priced = self._priced(record, zone, month)
        if priced is None:
            return "suspended"
        total, moved, burnt = priced
        for key, quantity in burnt.items():
            self.account.allowances[key] -= quantity
        for key, quantity in moved.items():
            self.account.totals[key] = self.account.totals.get(key, Decimal(0)) + quantity
        currency = self.plan.currency
        quantum = Decimal(1).scaleb(-self.tariff.digits[currency])
        amount = total.quantize(quantum, MODES[self.tariff.rounding[currency]], EXACT)
        charges[record.record_id] = Charge(
            tenant=record.tenant,
            account=account_id,
            usage_type=record.usage_type,
            product=self.offer.product,
            currency=currency,
            amount=amount,
            zone=zone,
            occurred_at=record.occurred_at,
            quantities=dict(record.usages),
            overrun=self._take(amount),
        )
        return "charged"

    def _zone(self, record: Record) -> str | None:
        """The zone; empty where none is asked for, None where none is found."""
        if not self.offer.zone_unit:
            return ""
        unit = self.tariff.zone_units[self.offer.zone_unit]
        value = record.attributes.get(unit["attribute"], "")
        fitting = [prefix for prefix in unit["rows"] if value.startswith(prefix)]
        if fitting:
            return str(unit["rows"][max(fitting, key=len)])
        return unit["default"] or None

    def _priced(self, record: Record, zone: str, month: datetime) -> Any:
        """(total, moves of accumulators, burnt allowances), or None where a price is missing."""
        self._grant(record, month)
        unit_of_time = self.tariff.time_units.get(self.offer.time_unit)
        stretches = segments(unit_of_time, record.occurred_at, record.ended_at, self.account.zone)
        lengths = [length for _, length in stretches]
        total = Decimal(0)
        moved: dict[tuple[str, datetime], Decimal] = defaultdict(Decimal)
        burnt: dict[tuple[str, datetime], Decimal] = defaultdict(Decimal)
        for unit, quantity in record.usages:
            minimum, increment = self.offer.measures.get(unit, (Decimal(0), Decimal(0)))
            whole = measured(quantity, minimum, increment)
            for (band, _), part in zip(stretches, divided(whole, lengths), strict=False):
                known = {**record.attributes, "zone": zone, "band": band}
                price = pick(self.offer, unit, known)
                if price is None:
                    return None
                used = self._used(price.reference, month, moved)
                total += cost(price, unit, part, used)
                for key, free in self._free(unit, zone, band, part, month, burnt):
                    total -= cost(price, unit, free, used)
                    used += free
                    burnt[key] += free
                for name in self._accumulators(unit):
                    moved[name, month] += part
        return total, moved, burnt

    def _used(
        self, reference: str, month: datetime, moved: dict[tuple[str, datetime], Decimal]
    ) -> Decimal:
        if reference == "record":
            return Decimal(0)
        key = (reference, month)
        return self.account.totals.get(key, Decimal(0)) + moved.get(key, Decimal(0))

    def _accumulators(self, unit: str) -> list[str]:
        return [
            name
            for name in self.offer.impacts
            if name in self.tariff.accumulators
            and (not self.tariff.accumulators[name] or unit in self.tariff.accumulators[name])
        ]

    def _free(
        self,
        unit: str,
        zone: str,
        band: str,
        part: Decimal,
        month: datetime,
        burnt: dict[tuple[str, datetime], Decimal],
    ) -> list[tuple[tuple[str, datetime], Decimal]]:
        """(bucket, quantity) of each allowance that offsets some of the part, in order."""
        found = []
        for name in self.offer.impacts:
            allowance = self.tariff.allowances.get(name)
            if allowance is None or unit not in allowance["usage_units"]:
                continue
            if allowance["zones"] and zone not in allowance["zones"]:
                continue
            if allowance["bands"] and band not in allowance["bands"]:
                continue
            key = (name, month)
            left = self.account.allowances.get(key, Decimal(0)) - burnt.get(key, Decimal(0))
            free = min(part, left)
            if free > 0:
                found.append((key, free))
                part -= free
        return found

    def _grant(self, record: Record, month: datetime) -> None:
        for name, quantity in self.plan.grants.items():
            if (name, month) not in self.account.allowances:
                self.account.allowances[name, month] = quantity
        self.account.ends[month] = month_end(record.occurred_at, self.account.zone)

    def _take(self, amount: Decimal) -> Decimal:
        """Take the money as far as wallet or limit go; what is beyond is returned."""
        if self.account.payment == "prepaid":
            borne = min(amount, max(self.account.money, Decimal(0)))
        elif self.account.limit is None:
            borne = amount
        else:
            borne = min(amount, max(self.account.money + self.account.limit, Decimal(0)))
        self.account.money -= borne
        return amount - borne


PeriodKey = tuple[str, datetime, str, str, str, str, str]
"""(tenant, start, account, product, usage type, zone, currency)."""


@dataclass
class Total:
    """What one period's group sums up to."""

    records: int = 0
    amount: Decimal = Decimal(0)
    quantities: dict[str, Decimal] = field(default_factory=dict)


def by_period(charges: dict[bytes, Charge], length: timedelta) -> dict[PeriodKey, Total]:
    """The charges summed by UTC periods of `length` and by what they were for."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    sums: dict[PeriodKey, Total] = defaultdict(Total)
    for one in charges.values():
        start = epoch + (one.occurred_at - epoch) // length * length
        group = (one.account, one.product, one.usage_type, one.zone, one.currency)
        total = sums[(one.tenant, start, *group)]
        total.records += 1
        total.amount += one.amount
        for unit, quantity in one.quantities.items():
            total.quantities[unit] = total.quantities.get(unit, Decimal(0)) + quantity
    return dict(sums)
