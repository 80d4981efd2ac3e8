"""Which ranges an id lies in: the narrowest first, each in force in its own time.

They stand in the state by the prefixes that they are made of. Beside those, an entry for each
length of ids says how long their prefixes are, so that an id is asked by those alone, and one of a
tenant without ranges by none.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from streams.due.movement import Holder, Movement
from streams.model.account import Service, ServiceAssignment
from streams.model.command import AssignService
from streams.model.instant import Instant, Period
from streams.model.number_range import NumberRange, prefixes_of, range_of
from streams.outcome import CommandReason
from streams.state import TIME, Effects, State, Table, View


class RangeEntry(Struct, frozen=True, array_like=True):
    """Of a prefix: the `names` of the ranges that hold all its ids; of a length: of its prefixes,
    the `lengths`."""

    names: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()


def note_range(tenant: str, service_id: str, state: State) -> None:
    """Make the range known by its prefixes; nothing for a single id."""
    span = range_of(service_id)
    if span is None:
        return
    size = len(span.first)
    lengths: set[int] = set()
    for prefix in prefixes_of(span):
        lengths.add(len(prefix))
        key = _key(tenant, size, prefix)
        known: RangeEntry = state.get(Table.RANGES, key) or RangeEntry()
        if service_id not in known.names:
            state.put(Table.RANGES, key, RangeEntry((*known.names, service_id)))
    key = _key(tenant, size)
    shape: RangeEntry = state.get(Table.RANGES, key) or RangeEntry()
    if not lengths <= set(shape.lengths):
        every = tuple(sorted(lengths | set(shape.lengths), reverse=True))
        state.put(Table.RANGES, key, RangeEntry((), every))


def ranges_over(tenant: str, service_id: str, state: View) -> list[Service]:
    """The ranges that hold an id, the narrowest first."""
    shape: RangeEntry | None = state.get(Table.RANGES, _key(tenant, len(service_id)))
    if shape is None:
        return []
    found: list[Service] = []
    for length in shape.lengths:
        key = _key(tenant, len(service_id), service_id[:length])
        entry: RangeEntry | None = state.get(Table.RANGES, key)
        for name in () if entry is None else entry.names:
            service: Service | None = state.get(Table.SERVICES, f"{tenant}\0{name}".encode())
            if service is not None:
                found.append(service)
    found.sort(key=_width)
    return found


def clash_of(command: AssignService, state: State) -> str:
    """The range of the same width that has some of these ids in some of this time; or nothing."""
    span = range_of(command.service_id)
    if span is None:
        return ""
    for end in (span.first, span.last):
        for other in ranges_over(command.tenant, end, state):
            if (
                other.service_id != command.service_id
                and _width(other) == span.width
                and any(
                    each.start < command.end and command.start < each.end
                    for each in other.assignments
                )
            ):
                return other.service_id
    return ""


def tell_clash(
    command: AssignService, other: str, partition: int, state: State, effects: Effects
) -> None:
    """The verdict on a range that is not assigned, since nobody could say which of the two is."""
    at = state.get(Table.META, TIME) or 0
    holder = Holder(command.tenant, command.account, command.root, "")
    text = f"{command.service_id} shares numbers and time with {other}, which is as wide"
    refusal = Movement("assignment", command.command_id, at).refusal(
        holder,
        CommandReason.OVERLAPPING_RANGE,
        text,
        field="service_id",
        partition=partition,
    )
    effects.verdicts.append(refusal)


def seen_as_one(services: Sequence[Service], at: Instant | None = None) -> Service | None:
    """What several services, the narrowest first, say of an id that all of them hold.

    Each counts where no narrower one is in force; of those that are as wide, all do. The name and
    the statuses are those of the one that is `at` that time, else of the first.
    """
    if len(services) < 2:
        return services[0] if services else None
    told: list[ServiceAssignment] = []
    taken: list[Period] = []
    chosen, width = services[0], 0
    for service in services:
        if _width(service) > width:
            taken, width = [Period(each.start, each.end) for each in told], _width(service)
        own = [piece for each in service.assignments for piece in _outside(each, taken)]
        if at is not None and any(each.start <= at < each.end for each in own):
            chosen = service
        told += own
    told.sort(key=lambda each: (each.start, each.end, each.account))
    gone = tuple(each for service in services for each in service.gone)
    return replace(chosen, assignments=tuple(told), gone=gone)


def _outside(assignment: ServiceAssignment, taken: Iterable[Period]) -> Iterator[ServiceAssignment]:
    """What of an assignment lies outside of these times."""
    pieces = [assignment]
    for start, end in taken:
        left: list[ServiceAssignment] = []
        for piece in pieces:
            if piece.end <= start or end <= piece.start:
                left.append(piece)
                continue
            if piece.start < start:
                left.append(replace(piece, end=start, moved_to=""))
            if end < piece.end:
                left.append(replace(piece, start=end))
        pieces = left
    yield from pieces


class RangeBook:
    """The ranges of all tenants in memory, for who only looks up where an id is at home."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, int, str], tuple[str, ...]] = {}
        self._lengths: dict[tuple[str, int], tuple[int, ...]] = {}
        self._services: dict[tuple[str, str], Service] = {}

    def __bool__(self) -> bool:
        return bool(self._services)

    def put(self, service: Service) -> None:
        """A range as it is now; nothing for a single id."""
        span = range_of(service.service_id)
        if span is None:
            return
        tenant, name = service.tenant, service.service_id
        is_new = (tenant, name) not in self._services
        self._services[tenant, name] = service
        if is_new:
            self._note(tenant, name, span)

    def _note(self, tenant: str, name: str, span: NumberRange) -> None:
        size = len(span.first)
        lengths = set(self._lengths.get((tenant, size), ()))
        for prefix in prefixes_of(span):
            lengths.add(len(prefix))
            place = tenant, size, prefix
            self._names[place] = (*self._names.get(place, ()), name)
        self._lengths[tenant, size] = tuple(sorted(lengths, reverse=True))

    def names_over(self, tenant: str, service_id: str) -> Iterator[str]:
        """The ranges that hold an id, those of the longest prefix first."""
        size = len(service_id)
        for length in self._lengths.get((tenant, size), ()):
            yield from self._names.get((tenant, size, service_id[:length]), ())

    def seen(self, tenant: str, service_id: str, known: Service | None) -> Service | None:
        """A service as its id is seen: by itself, and by the ranges that hold it."""
        found = [self._services[tenant, name] for name in self.names_over(tenant, service_id)]
        if not found:
            return known
        found.sort(key=_width)
        return seen_as_one(found if known is None else [known, *found])


def _width(service: Service) -> int:
    span = range_of(service.service_id)
    return 1 if span is None else span.width


def _key(tenant: str, size: int, prefix: str | None = None) -> bytes:
    return (f"{tenant}\0{size}" if prefix is None else f"{tenant}\0{size}\0{prefix}").encode()
