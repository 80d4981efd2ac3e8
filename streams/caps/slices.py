"""What a partition does with its slice of a cap: uses it, sets some aside, asks for more.

The slice of a period is opened by whatever touches it first. Nothing is authorised beyond it; what
happened anyway, and nobody has any more of the cap to spare, is beyond the cap.
"""

from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams import outbox
from streams.model.cap_command import GrantSlice, RecallSlice, ReportCap
from streams.model.instant import DAY, MINUTE, Instant, Period
from streams.model.money import CONTEXT, ZERO
from streams.model.shared_cap import FINEST, CapSlice, opening_slice
from streams.partition import partition_of
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

_SLICES: Final = Table.CAP_SLICES
_SIGN: Final = 2**63
_DROPPED_AT_ONCE: Final = 8
_KEPT: Final = 8 * DAY
"""So long after its period a slice is known: a session is rated in the period that it began in, and
its grant may last for a week."""
_HALF: Final = Decimal("0.5")
_QUARTER: Final = Decimal("0.25")
_TOLD_STEPS: Final = Decimal(16)
"""All partitions together have not told of more than this part of a cap."""
_AGAIN: Final = MINUTE
"""After so much time it is asked again whether something has come free."""


Holds = tuple[tuple[bytes, Decimal], ...]
"""What is set aside of slices, by their keys."""


class CapPeriod(NamedTuple):
    """A cap in one period, under the name of its group; `tenant` is whose it is.

    `levels` are those that are warned of when the sum passes them.
    """

    tenant: str
    name: str
    period: Period
    most: Decimal
    levels: tuple[Decimal, ...] = ()

    @property
    def key(self) -> bytes:
        """Where its slice stands, and at its home the sum."""
        return cap_key(self.tenant, self.name, self.period.start)

    def is_passed(self, held: CapSlice) -> bool:
        """True where a level lies between what the owner of the sum knows and what is so."""
        told, now = CONTEXT.add(held.told, held.others), CONTEXT.add(held.used, held.others)
        return any((told < level) != (now < level) for level in self.levels)


class Place(NamedTuple):
    """Where it is done: one partition of several."""

    partition: int
    partitions: int


def cap_key(tenant: str, name: str, start: Instant) -> bytes:
    """The key of a cap's period: those of one name stand in the order of time."""
    return f"{tenant}\0{name}\0".encode() + (start + _SIGN).to_bytes(8, "big")


def named(key: bytes) -> tuple[str, str, Instant]:
    """The tenant, the cap and the start that a key is made of."""
    tenant, name = key[:-9].decode().split("\0", 1)
    return tenant, name, int.from_bytes(key[-8:], "big") - _SIGN


def slice_of(cap: CapPeriod, partitions: int, state: State) -> CapSlice:
    """The partition's slice as it stands; a new one where nothing has touched it."""
    found: CapSlice | None = state.get(_SLICES, cap.key)
    if found is None:
        return CapSlice(cap.period.end, cap.most, opening_slice(cap.most, partitions))
    return found if found.most == cap.most else replace(found, most=cap.most, is_last=False)


class CapUse(NamedTuple):
    """What a record takes of a cap, and what of it is beyond."""

    cap: CapPeriod
    slice: CapSlice
    taken: Decimal
    beyond: Decimal
    closed_before: Instant


def use(
    each: CapUse, *, occurred_at: Instant, place: Place, state: State, effects: Effects
) -> None:
    """Count what a record has taken."""
    if state.get(_SLICES, each.cap.key) is None:
        _drop_closed(each.cap, each.closed_before, state)
    held = each.slice
    used, beyond = CONTEXT.add(held.used, each.taken), CONTEXT.add(held.beyond, each.beyond)
    promised = max(CONTEXT.subtract(held.promised, each.taken), ZERO)
    moved = replace(held, used=used, beyond=beyond, promised=promised)
    at = max(occurred_at, time_of(each.cap.tenant, state))
    put(each.cap, moved, at=at, place=place, state=state, effects=effects)


def put(  # noqa: PLR0913 - a slice, and where its report goes
    cap: CapPeriod,
    held: CapSlice,
    *,
    at: Instant,
    place: Place,
    state: State,
    effects: Effects,
    short: Decimal = ZERO,
    may_ask: bool = True,
) -> None:
    """Put the slice, and tell the owner of the sum where that is due; `short` was missing."""
    opening = opening_slice(held.most, place.partitions)
    is_short = CONTEXT.subtract(held.left, short) < CONTEXT.multiply(opening, _HALF)
    may_ask = may_ask and (not held.is_last or at >= held.asked_at + _AGAIN)
    untold = abs(CONTEXT.subtract(held.used, held.told))
    is_due = CONTEXT.multiply(untold, _TOLD_STEPS * place.partitions) >= held.most
    missing = CONTEXT.subtract(CONTEXT.add(opening, short), held.unused)
    wanted = max(opening, missing) if is_short and may_ask else ZERO
    is_past = held.is_past or (bool(cap.levels) and cap.is_passed(held))
    if place.partitions == 1:
        is_due, wanted = False, ZERO
        held = replace(held, is_last=True, told=held.used)
    if held.is_asking or not (wanted or is_due or is_past):
        state.put(_SLICES, cap.key, replace(held, is_past=is_past) if is_past else held)
        return
    asked = replace(held, is_asking=True, asked_at=at, told=held.used, is_past=False)
    state.put(_SLICES, cap.key, asked)
    _report(cap, asked, place=place, wanted=wanted, state=state, effects=effects)


def cap_at(key: bytes, held: CapSlice) -> CapPeriod:
    """The cap's period whose slice stands at the key."""
    tenant, name, start = named(key)
    return CapPeriod(tenant, name, Period(start, held.end), held.most)


def lift(holds: Holds, state: State, *, is_promised: bool = False) -> None:
    """Give back what was set aside of slices; of a period that is over nothing comes back.

    `is_promised`: what it was for is charged next, and is borne.
    """
    for key, quantity in holds:
        held: CapSlice | None = state.get(_SLICES, key)
        if held is not None:
            reserved = max(CONTEXT.subtract(held.reserved, quantity), ZERO)
            promised = CONTEXT.add(held.promised, quantity) if is_promised else held.promised
            state.put(_SLICES, key, replace(held, reserved=reserved, promised=promised))


def end_promises(holds: Holds, state: State) -> None:
    """What was promised has been charged, or was not needed."""
    for key, _ in holds:
        held: CapSlice | None = state.get(_SLICES, key)
        if held is not None and held.promised:
            state.put(_SLICES, key, replace(held, promised=ZERO))


def take_grant(command: GrantSlice, place: Place, state: State, effects: Effects) -> None:
    """More of a cap has come, or the word that there is no more."""
    key = cap_key(command.tenant, command.cap, command.start)
    held: CapSlice | None = state.get(_SLICES, key)
    if held is None:
        return
    cap = CapPeriod(command.tenant, command.cap, Period(command.start, held.end), held.most)
    held = held.hears(command.others, command.as_of, command.message_id)
    got = replace(
        held,
        granted=CONTEXT.add(held.granted, command.quantity),
        is_last=command.is_last,
        is_asking=False,
    )
    at = max(held.asked_at, time_of(command.tenant, state))
    # More is asked for by what needs more: else two that are short would take it from each other
    # for ever.
    put(cap, got, at=at, place=place, state=state, effects=effects, may_ask=False)


def give_back(command: RecallSlice, place: Place, state: State, effects: Effects) -> None:
    """Hear of the others, and give back half of what lies idle here, or all of little."""
    period = Period(command.start, command.end)
    cap = CapPeriod(command.tenant, command.cap, period, command.most)
    held = slice_of(cap, place.partitions, state)
    held = held.hears(command.others, command.as_of, command.message_id)
    if not command.returns:
        state.put(_SLICES, cap.key, held)
        return
    idle, opening = max(held.unused, ZERO), opening_slice(held.most, place.partitions)
    returned = idle
    if idle > CONTEXT.multiply(opening, _QUARTER):
        returned = CONTEXT.multiply(idle, _HALF).quantize(FINEST, ROUND_DOWN, CONTEXT)
    kept = replace(
        held,
        granted=CONTEXT.subtract(held.granted, returned),
        told=held.used,
        is_past=False,
    )
    state.put(_SLICES, cap.key, kept)
    _report(cap, kept, place=place, returned=returned, state=state, effects=effects)


def _report(  # noqa: PLR0913 - what is told, and where it goes
    cap: CapPeriod,
    held: CapSlice,
    *,
    place: Place,
    state: State,
    effects: Effects,
    wanted: Decimal = ZERO,
    returned: Decimal | None = None,
) -> None:
    def told(to: str, number: int) -> ReportCap:
        return ReportCap(
            f"cap:{place.partition}:{to}",
            place.partition,
            number,
            cap.tenant,
            cap.name,
            cap.period.start,
            cap.period.end,
            held.most,
            held.used,
            wanted,
            returned is None,
            returned or ZERO,
            returned is not None,
        )

    home = partition_of(cap.tenant, cap.name, place.partitions)
    outbox.relay(told, receiver=home, state=state, effects=effects)


def _drop_closed(cap: CapPeriod, closed_before: Instant, state: State) -> None:
    """Forget the slices of periods that nothing counts in any more."""
    first = cap_key(cap.tenant, cap.name, -_SIGN)
    for key, held in state.scan(_SLICES, first, cap.key, _DROPPED_AT_ONCE):
        if held.end + _KEPT <= closed_before:
            state.delete(_SLICES, key)
