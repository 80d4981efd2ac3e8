"""The suspense index: which records wait, for what, and when trying again can help.

Both ways: a fact finds the records that wait for it, a record finds the fact that came before it.
Pure bookkeeping in memory; it is built anew from topics `suspense` and `accounts` at each start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final, Literal

from connectors.kafka.codec import suspense_key
from streams.model.account import Service
from streams.model.instant import SECOND, Instant
from streams.model.number_range import range_of
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition
from streams.outcome import RejectReason
from streams.ranges import RangeBook
from streams.route import lacks_service

NEVER: Final = -1
_SERVICE: Final = "service"
_RECORD_ID_BYTES: Final = 16

RETRY_AFTER: Final[Instant] = SECOND
"""Pause before a released record is tried again that came to a worker before its fact did."""

ClosedState = Literal["charged", "discarded", "error", "ignored", "duplicate"]


@dataclass(frozen=True, slots=True)
class FactPlace:
    """Where a fact stands: on topic `accounts`, and in the ledger that it comes from."""

    accounts_offset: int
    ledger_partition: int
    ledger_offset: int


@dataclass(slots=True, eq=False)
class Entry:
    """One suspended delivery. `packed` is the record as it stands on topic `suspense`.

    `awaits` names the facts any of which may help. `judged` is the ledger place (partition, offset)
    of the verdict, (-1, -1) where mediation judged by topic `accounts` up to `reference`. `tried`
    is the newest fact that it was released with.
    """

    record_id: bytes
    position: SourcePosition
    awaits: tuple[str, ...]
    reference: int
    judged: tuple[int, int]
    packed: bytes
    tried: int = NEVER
    due: bool = False
    live: bool = True

    @property
    def key(self) -> bytes:
        """Its key on topic `suspense`."""
        return suspense_key(self.record_id, self.position)


_CURED_BY_PRICES: Final = frozenset(
    (
        RejectReason.UNKNOWN_PRICE_PLAN,
        RejectReason.NO_PRICE,
        RejectReason.NO_ZONE,
        RejectReason.UNKNOWN_CURRENCY,
    )
)


def awaited_facts(refused: RefusedRecord) -> tuple[str, ...]:
    """The facts any of which can help: the service or account it lacks, or its tenant's catalog.

    What its price plan cannot price waits for another plan of its service, too. `catalog:` alone is
    any tenant's, where nobody knows yet whose the record is. Empty where nothing that may come can
    help: only a person can release it.
    """
    named = (refused.lacks,) if refused.lacks.startswith(("service:", "account:")) else ()
    catalog = f"catalog:{refused.tenant}"
    if refused.code in _CURED_BY_PRICES:
        service = lacks_service(refused.tenant, refused.service_id)
        return tuple(dict.fromkeys((*named, catalog, service)))
    if named or not (refused.lacks or refused.code == RejectReason.NO_CATALOG):
        return named
    return (catalog,)


@dataclass(slots=True)
class SuspenseIndex:
    """All records that wait. Records that became due stand in `take_due`, oldest first."""

    retry_after: Instant = RETRY_AFTER
    _by_id: dict[bytes, list[Entry]] = field(default_factory=dict)
    _waiting: dict[str, dict[Entry, None]] = field(default_factory=dict)
    _facts: dict[str, FactPlace] = field(default_factory=dict)
    _ranges: RangeBook = field(default_factory=RangeBook)
    _due: list[Entry] = field(default_factory=list)
    _later: list[tuple[Instant, int, Entry]] = field(default_factory=list)
    _count: int = 0
    _serial: int = 0

    def __len__(self) -> int:
        return self._count

    def open(self, refused: RefusedRecord, packed: bytes, *, at: Instant) -> None:
        """A suspended record; one that was there already from the same position is replaced."""
        former = self.close(refused.record_id, refused.position)
        entry = Entry(
            record_id=refused.record_id,
            position=refused.position,
            awaits=awaited_facts(refused),
            reference=refused.reference,
            judged=(refused.ledger_partition, refused.ledger_offset),
            packed=packed,
            tried=former.tried if former is not None else NEVER,
        )
        self._by_id.setdefault(entry.record_id, []).append(entry)
        self._count += 1
        for awaited in entry.awaits:
            self._waiting.setdefault(awaited, {})[entry] = None
        news = [place for place in self._places_of(entry) if _is_news(place, entry)]
        if not news:
            return
        if entry.tried < _newest(news):
            self._make_due(entry)
        else:
            self._serial += 1
            heappush(self._later, (at + self.retry_after, self._serial, entry))

    def fact(self, name: str, place: FactPlace) -> None:
        """A fact, at its newest place: what waits for it and was judged without it is due."""
        self._facts[name] = place
        for entry in self._waiting_for(name):
            if _is_news(place, entry):
                self._make_due(entry)

    def _waiting_for(self, name: str) -> list[Entry]:
        """What waits for this object; of a range, what waits for one of its numbers as well."""
        found = list(self._waiting.get(name, ()))
        kind, _, named = name.partition(":")
        tenant, _, service_id = named.partition(":")
        span = range_of(service_id) if kind == _SERVICE else None
        if span is not None:
            self._ranges.put(Service(tenant, service_id, ()))
            before = f"{_SERVICE}:{tenant}:"
            for awaited, entries in self._waiting.items():
                if awaited.startswith(before) and span.holds(awaited.removeprefix(before)):
                    found += entries
        return found

    def _places_of(self, entry: Entry) -> list[FactPlace]:
        """Where facts stand that may help it: of a service, its own and those of ranges over it."""
        return [place for awaited in entry.awaits for place in self._places_named(awaited)]

    def _places_named(self, awaited: str) -> Iterator[FactPlace]:
        place = self._facts.get(awaited)
        if place is not None:
            yield place
        if self._ranges and awaited.startswith(f"{_SERVICE}:"):
            tenant, _, service_id = awaited.removeprefix(f"{_SERVICE}:").partition(":")
            for name in self._ranges.names_over(tenant, service_id):
                yield self._facts[lacks_service(tenant, name)]

    def catalog_activated(self, tenant: str, *, partition: int) -> None:
        """This partition's owner has new catalog marks: what it suspended for want of them is due.

        Each owner judges by its own marks, and takes them at its own time.
        """
        for entry in self._waiting.get(f"catalog:{tenant}", ()):
            if entry.judged[0] == partition:
                self._make_due(entry)

    def entries_of(self, record_id: bytes) -> tuple[Entry, ...]:
        """What waits under this id."""
        return tuple(self._by_id.get(record_id, ()))

    def close(self, record_id: bytes, position: SourcePosition) -> Entry | None:
        """Take out the delivery of this id from this position, if it waits."""
        for entry in self._by_id.get(record_id, ()):
            if entry.position == position:
                self._remove(entry)
                return entry
        return None

    def forget(self, key: bytes) -> None:
        """Take out the entry of a key that is gone from topic `suspense`."""
        for entry in self.entries_of(key[:_RECORD_ID_BYTES]):
            if entry.key == key:
                self._remove(entry)

    def charged(self, record_id: bytes, position: SourcePosition) -> Entry | None:
        """The id was charged by the delivery from this position; the others will be duplicates.

        Those are due at once, so that their home says so.
        """
        if record_id not in self._by_id:
            return None
        closed = self.close(record_id, position)
        for other in self._by_id.get(record_id, ()):
            self._make_due(other)
        return closed

    def discarded(self, record_id: bytes) -> Iterator[Entry]:
        """Take out all deliveries of an id."""
        for entry in self.entries_of(record_id):
            self._remove(entry)
            yield entry

    def take_due(self, at: Instant, entries_max: int) -> list[tuple[Entry, int]]:
        """Entries to release now, each with the offset of the fact that calls for it (or -1).

        The caller releases them; they are tried again only when something newer is known.
        """
        while self._later and self._later[0][0] <= at:
            _, _, entry = heappop(self._later)
            if entry.live:
                self._make_due(entry)
        taken, self._due = self._due[:entries_max], self._due[entries_max:]
        return [released for entry in taken if entry.live for released in self._release(entry)]

    def has_due(self, at: Instant) -> bool:
        """True where `take_due` would find something."""
        return bool(self._due) or bool(self._later and self._later[0][0] <= at)

    def _release(self, entry: Entry) -> Iterable[tuple[Entry, int]]:
        entry.due = False
        entry.tried = _newest(self._places_of(entry))
        yield entry, entry.tried

    def _make_due(self, entry: Entry) -> None:
        if not entry.due:
            entry.due = True
            self._due.append(entry)

    def _remove(self, entry: Entry) -> None:
        entry.live = False
        self._count -= 1
        same_id = self._by_id[entry.record_id]
        same_id.remove(entry)
        if not same_id:
            del self._by_id[entry.record_id]
        for awaited in entry.awaits:
            waiting = self._waiting[awaited]
            del waiting[entry]
            if not waiting:
                del self._waiting[awaited]


def _newest(places: list[FactPlace]) -> int:
    """The offset of the fact among them that came last; NEVER where there is none."""
    return max((place.accounts_offset for place in places), default=NEVER)


def _is_news(place: FactPlace, entry: Entry) -> bool:
    """True where the fact came after the judgement, as far as its judge could know."""
    partition, offset = entry.judged
    if partition < 0:
        return place.accounts_offset > entry.reference
    if partition == place.ledger_partition:
        return place.ledger_offset > offset
    # Another partition's fact: its owner could not know it; mediation will, the next time.
    return place.accounts_offset > entry.tried
