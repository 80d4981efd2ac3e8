"""Accumulators that are more than sums by periods, compiled: which total a record counts in.

Their state is a table of its own, one value for each total: so accounts and offers that have none
pay nothing, and a record of one session does not read those of all others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from streams.expression import Failure, compile_expression
from streams.model.account import Account
from streams.model.accumulator import Accumulator
from streams.model.catalog import BAND, ZONE, Catalog
from streams.model.instant import BEGINNING, DAY, FOREVER, Instant, Period
from streams.model.money import Quantity
from streams.model.tally import Span, Tally
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.rate.grant import SHARED
from streams.rate.payer import Payer
from streams.rate.plain_usage import compile_plain
from streams.rate.quantity import quantity_of
from streams.rate.spans import MONTH, OwnSpan, escaped
from streams.rate.tally_kinds import kind_of
from streams.rate.tally_windows import windows_of
from streams.rate.words import asked_word
from streams.state import State, Table
from streams.tenant_time import time_of_key

_TALLIES: Final = Table.TALLIES
_SETTLED_FOR: Final = 40 * DAY
"""How long a total of a root stays that something is settled by: the root may be looked at late."""
_WHOLE: Final = ("account", "group")
"""Whose totals have one name, whatever of theirs is used."""


class Counted(Protocol):
    """What of a record that is being charged says which total it counts in."""

    @property
    def record(self) -> UsageRecord:
        """The record."""

    @property
    def payer(self) -> Payer:
        """Who pays."""

    @property
    def zone(self) -> str:
        """Its zone."""

    @property
    def band(self) -> str:
        """Its band; of several the first."""

    @property
    def segments(self) -> Sequence[Any]:
        """Its parts, where it is cut at bands."""

    @property
    def product(self) -> str:
        """What revenue is reported by."""

    @property
    def moved(self) -> Mapping[str, Quantity]:
        """What it has moved so far."""

    @property
    def closed_before(self) -> Instant:
        """Periods that end by then are closed."""

    @property
    def state(self) -> State | None:
        """Where totals stand."""

    @property
    def shares(self) -> frozenset[str]:
        """What its subscription has together with others of the account."""


@dataclass(frozen=True, slots=True)
class TallyTerms:
    """What the catalog says beside the accumulator: all units, the session attribute of each usage
    type that has one and how long sessions are kept, and how long periods stay open. Totals of a
    whole root that are `settled` at a period's end stand a while longer."""

    units: tuple[str, ...]
    sessions: Mapping[str, str]
    kept: Instant
    grace: Instant
    settled: frozenset[str] = frozenset()


class CompiledTally:
    """One accumulator."""

    __slots__ = (
        "_add",
        "_by",
        "_counted",
        "_evaluate",
        "_is_by_part",
        "_is_sum",
        "_kept",
        "_per",
        "_plain",
        "_stays",
        "_tell",
        "_terms",
        "_when",
        "_windows",
        "accumulator",
    )

    def __init__(self, accumulator: Accumulator, terms: TallyTerms) -> None:
        self.accumulator = accumulator
        self._terms = terms
        self._by, self._per = accumulator.by, accumulator.per
        self._when = tuple(accumulator.when.items())
        span = OwnSpan(accumulator.period or MONTH)
        self._windows = windows_of(accumulator.rolling, accumulator.is_lifelong, span)
        self._add, self._tell = kind_of(accumulator.aggregate, accumulator.most)
        self._kept = accumulator.kept or (terms.kept if self._per == "session" else 0)
        self._stays = _SETTLED_FOR if accumulator.id in terms.settled else 0
        self._counted = (accumulator.aggregate, self._windows.name)
        self._is_sum = accumulator.aggregate == "sum"
        of = accumulator.of
        self._is_by_part = of is None and accumulator.sums == "quantity"
        self._evaluate = None if of is None else compile_expression(of)
        self._plain = compile_plain(terms.units, ())

    def used(self, counted: Counted) -> Quantity:
        """What a tier goes by: the total before the record, and what it has added to a sum."""
        before = self.before(counted)
        moved = counted.moved.get(self.accumulator.id, 0)
        return before + moved if moved and self._is_sum and self.counts(counted) else before

    def before(self, counted: Counted) -> Quantity:
        """The total before the record; 0 where nothing has counted."""
        seen = self._seen(counted)
        return self._tell(seen) if seen else 0

    def has_opened(self, counted: Counted) -> bool:
        """True where something has counted, be it nothing."""
        return self.accumulator.id in counted.moved or bool(self._seen(counted))

    def counts(self, counted: Counted) -> bool:
        """True where the record is as `when` says; what is cut at bands counts by its parts."""
        for word, value in self._when:
            if word == BAND and counted.segments and self._is_by_part:
                continue
            if _word(word, counted) != value:
                return False
        return True

    def moved_by(self, counted: Counted) -> tuple[bytes, Tally] | Reject | None:
        """Where the total stands after the record and what it is then; None: it does not count."""
        if not self.counts(counted):
            return None
        value = self._value(counted)
        if value is None or isinstance(value, Reject):
            return value
        name = self._name_of(counted)
        assert counted.state is not None
        key = self._key_of(counted, name)
        tally = self._tally_at(key, counted.state)
        moved = self._with(tally, name, value, counted)
        return None if moved is None else (key, moved)

    def _with(self, tally: Tally | None, name: str, value: Any, counted: Counted) -> Tally | None:
        zone_name, windows = self._zone_name(counted), self._windows
        at, closed = counted.record.occurred_at, counted.closed_before
        period = windows.place(at, zone_name, closed)
        spans = () if tally is None else tally.spans
        found, others = None, []
        for span in spans:
            if span.start == period.start:
                found = span
            else:
                others.append(span)
        changed = (*others, self._add(found, period, value, at))
        spans = tuple(sorted(changed, key=_start_of))
        spans = windows.left(spans, zone_name, closed - self._stays)
        if all(span.start != period.start for span in spans):
            return None
        totals = tuple(
            (name, *shown, self._tell(of)) for shown, of in windows.shown(spans, zone_name)
        )
        closes_at = self._closes_at(spans, at, tally)
        return Tally(totals, self._counted, spans, closes_at)

    def _closes_at(self, spans: tuple[Span, ...], at: Instant, tally: Tally | None) -> Instant:
        closes_at = self._windows.closes_at(spans, self._terms.grace)
        if self._kept and closes_at == FOREVER:
            before = BEGINNING if tally is None else tally.closes_at
            return max(before, at + self._kept)
        return closes_at + self._stays if self._stays else closes_at

    def _seen(self, counted: Counted) -> Sequence[Span]:
        assert counted.state is not None
        tally = self._tally_at(self._key_of(counted, self._name_of(counted)), counted.state)
        if tally is None:
            return ()
        zone_name, at = self._zone_name(counted), counted.record.occurred_at
        period = self._windows.place(at, zone_name, counted.closed_before)
        return self._windows.seen(tally.spans, period, zone_name)

    def total_at(
        self, key: bytes, at: Instant, zone_name: str, state: State
    ) -> tuple[Period, Quantity]:
        """What stands at a key as of an instant, and the time that it is of."""
        span = self._windows.place(at, zone_name, BEGINNING)
        tally = self._tally_at(key, state)
        seen = () if tally is None else self._windows.seen(tally.spans, span, zone_name)
        return span, self._tell(seen) if seen else 0

    def _tally_at(self, key: bytes, state: State) -> Tally | None:
        """None where it has closed, or was counted in another way by an earlier catalog."""
        tally: Tally | None = state.get(_TALLIES, key)
        if tally is None or tally.closes_at <= time_of_key(key, state):
            return None
        return tally if tally.counted == self._counted else None

    def _value(self, counted: Counted) -> Any:
        """What the record counts as; None: nothing."""
        if self._evaluate is None:
            return counted.moved[self.accumulator.id]
        value = self._evaluate(self._plain(counted.record, counted.payer, _no_total))
        if value is None:
            return None
        if type(value) is Failure:
            return self._refusal(counted, value.cause)
        if self.accumulator.aggregate == "unique":
            return value if type(value) is str else str(value)
        quantity = quantity_of(value)
        return (
            self._refusal(counted, f"{value!r:.60} is no number") if quantity is None else quantity
        )

    def _refusal(self, counted: Counted, why: str) -> Reject:
        name, tenant = self.accumulator.id, counted.record.tenant
        return Reject(
            RejectReason.NO_QUANTITY,
            f"accumulator {name}: {why}",
            lacks=f"accumulator:{tenant}:{name}",
        )

    def _name_of(self, counted: Counted) -> str:
        """`<id>/<what it is kept apart by>=<value>/…`, sorted as the catalog has it."""
        name = self.accumulator.id
        if self._per not in _WHOLE:
            name += f"/{self._per}={escaped(self._part(counted))}"
        for word in self._by:
            value = asked_word(word, counted.record, counted.payer)
            name += f"/{word}={escaped(value or '')}"
        return name

    def _key_of(self, counted: Counted, name: str) -> bytes:
        """Under the account, or the root of its group."""
        whose = _root_of(counted) if self._per == "group" else counted.payer.key
        return whose + b"\0" + name.encode()

    def _zone_name(self, counted: Counted) -> str:
        """Whose calendar the windows go by: that of all who count in the total."""
        if self._per == "group" and counted.state is not None:
            root: Account | None = counted.state.get(Table.ACCOUNTS, _root_of(counted))
            if root is not None:
                return root.time_zone
        return counted.payer.time_zone

    def _part(self, counted: Counted) -> str:
        match self._per:
            case "subscription":
                is_shared = self.accumulator.id in counted.shares
                return SHARED if is_shared else counted.payer.assignment.subscription
            case "service":
                return counted.record.service_id
            case "product":
                return counted.product
            case _:
                attribute = self._terms.sessions.get(counted.record.usage_type, "")
                return counted.record.attributes.get(attribute, "")


Tallies = dict[str, CompiledTally]
"""By the accumulator's id."""


def tallies_of(catalog: Catalog) -> Tallies:
    """The accumulators of a catalog that are more than sums by periods."""
    told = [each for each in catalog.accumulators if not each.is_plain]
    if not told:
        return {}
    units = dict.fromkeys(unit for each in catalog.usage_types for unit in each.units)
    terms = TallyTerms(
        tuple(units),
        {rule.usage_type: rule.session for rule in catalog.outcomes},
        max((rule.kept for rule in catalog.outcomes), default=0),
        catalog.grace,
        frozenset(each.accumulator for plan in catalog.price_plans for each in plan.commitments),
    )
    return {each.id: CompiledTally(each, terms) for each in told}


def banded(accumulators: Iterable[Accumulator]) -> dict[str, str]:
    """The accumulators that count what was used in one band, with that band."""
    return {each.id: each.when[BAND] for each in accumulators if BAND in each.when}


def _root_of(counted: Counted) -> bytes:
    account = counted.payer.account
    return f"{account.tenant}\0{account.root}".encode()


def _word(word: str, counted: Counted) -> str | None:
    if word == ZONE:
        return counted.zone
    if word == BAND:
        return counted.band
    return asked_word(word, counted.record, counted.payer)


def _start_of(span: Span) -> Instant:
    return span.start


def _no_total(_accumulator: str) -> Quantity:
    return 0
