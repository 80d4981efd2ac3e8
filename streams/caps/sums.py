"""The owner of a cap's sum: what every partition has used, and what is left to hand out.

What is out is never more than the cap, but for usage that had happened: a partition that nobody has
heard of counts with the slice that it has from the beginning. One that needs more gets it out of
what is left; then the others are asked for what they do not need.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams import outbox
from streams.caps.levels import judge_sum
from streams.caps.slices import Place, cap_key
from streams.model.cap_command import GrantSlice, RecallSlice, ReportCap
from streams.model.instant import DAY
from streams.model.money import CONTEXT, ZERO
from streams.model.shared_cap import CapPart, CapSum, opening_slice
from streams.rate.thresholds import Thresholds
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

_SUMS: Final = Table.CAP_SUMS
_KEPT: Final = 62 * DAY
_TOLD_STEPS: Final = Decimal(16)
"""Nobody believes the others to have used less than they have by more than this part of a cap."""
_DROPPED_AT_ONCE: Final = 8


def take_report(
    command: ReportCap,
    place: Place,
    thresholds: Thresholds | None,
    *,
    state: State,
    effects: Effects,
) -> None:
    """Hear of a partition's part, hand out what can be, and tell which levels the sum has passed.

    `thresholds` are those of the catalog in force.
    """
    key = cap_key(command.tenant, command.cap, command.start)
    known: CapSum | None = state.get(_SUMS, key)
    if known is None:
        _drop_old(command, key, state)
        known = CapSum(command.end)
    opening = max(known.opening, opening_slice(command.most, place.partitions))
    parts = {each.partition: each for each in known.parts}
    for number in range(place.partitions):
        parts.setdefault(number, CapPart(number, opening))
    parts[command.sender] = _heard(parts[command.sender], command)
    owner = _Owner(command, place, state, effects, parts)
    owner.serve()
    owner.tell()
    told = tuple(parts[number] for number in sorted(parts))
    summed = CapSum(command.end, command.most, opening, told, known.fired)
    if thresholds is not None and thresholds.caps:
        at = time_of(command.tenant, state)
        fired = judge_sum(command, summed.used, known.fired, thresholds, at=at, effects=effects)
        summed = replace(summed, fired=fired)
    state.put(_SUMS, key, summed)


def _heard(part: CapPart, command: ReportCap) -> CapPart:
    granted = CONTEXT.subtract(part.granted, command.returned)
    part = replace(part, granted=granted)
    if command.message_id > part.heard:
        part = replace(part, used=command.used, heard=command.message_id)
    if command.answers:
        part = replace(part, is_recalled=False)
    if command.is_asking:
        part = replace(part, wanted=command.wanted, is_asking=True, has_waited=False)
    return part


class _Owner:
    """Hands out what is left, after one report."""

    def __init__(
        self,
        command: ReportCap,
        place: Place,
        state: State,
        effects: Effects,
        parts: dict[int, CapPart],
    ) -> None:
        self._command = command
        self._place = place
        self._state = state
        self._effects = effects
        self._parts = parts

    def serve(self) -> None:
        """Answer those that ask, the lowest number first, as far as that can be done now."""
        for number in sorted(self._parts):
            part = self._parts[number]
            if not part.is_asking:
                continue
            # What was used beyond the slice is taken already.
            ahead = max(CONTEXT.subtract(part.used, part.granted), ZERO)
            more = max(CONTEXT.subtract(part.wanted, ahead), ZERO)
            more = min(more, max(self._free(), ZERO))
            if more or not part.wanted:
                self._grant(part, CONTEXT.add(ahead, more), is_dry=False)
            elif not part.has_waited and self._recall(number):
                self._parts[number] = replace(part, has_waited=True)
            elif not self._is_recalling():
                self._grant(part, ahead, is_dry=True)

    def tell(self) -> None:
        """Tell those how much the others have used who believe it to be much less."""
        for number in sorted(self._parts):
            part, beside = self._parts[number], self._used_beside(number)
            untold = CONTEXT.multiply(CONTEXT.subtract(beside, part.told), _TOLD_STEPS)
            if untold >= self._command.most:
                self._send_recall(number, returns=False)

    def _free(self) -> Decimal:
        taken = ZERO
        for part in self._parts.values():
            taken = CONTEXT.add(taken, part.taken)
        return CONTEXT.subtract(self._command.most, taken)

    def _used_beside(self, number: int) -> Decimal:
        used = ZERO
        for part in self._parts.values():
            if part.partition != number:
                used = CONTEXT.add(used, part.used)
        return used

    def _is_recalling(self) -> bool:
        return any(part.is_recalled for part in self._parts.values())

    def _grant(self, part: CapPart, quantity: Decimal, *, is_dry: bool) -> None:
        granted, beside = CONTEXT.add(part.granted, quantity), self._used_beside(part.partition)
        self._parts[part.partition] = replace(
            part, granted=granted, wanted=ZERO, is_asking=False, has_waited=False, told=beside
        )
        others = [each for each in self._parts.values() if each.partition != part.partition]
        is_spare = self._free() > ZERO or any(each.idle for each in others)
        # Where a round has brought nothing, what seems to lie idle is set aside.
        is_last = not is_spare or is_dry
        command = self._command
        as_of = time_of(command.tenant, self._state)

        def granting(to: str, number: int) -> GrantSlice:
            return GrantSlice(
                f"slice:{self._place.partition}:{to}",
                self._place.partition,
                number,
                command.tenant,
                command.cap,
                command.start,
                quantity,
                beside,
                as_of,
                is_last,
            )

        outbox.relay(granting, receiver=part.partition, state=self._state, effects=self._effects)

    def _recall(self, asker: int) -> bool:
        """Ask the others for what they do not need, and tell them how it stands; False where there
        are none."""
        for number in sorted(self._parts):
            part = self._parts[number]
            if number != asker and not part.is_recalled:
                self._parts[number] = replace(part, is_recalled=True)
                self._send_recall(number, returns=True)
        return len(self._parts) > 1

    def _send_recall(self, receiver: int, *, returns: bool) -> None:
        command, others = self._command, self._used_beside(receiver)
        self._parts[receiver] = replace(self._parts[receiver], told=others)

        def recalling(to: str, number: int) -> RecallSlice:
            return RecallSlice(
                f"recall:{self._place.partition}:{to}",
                self._place.partition,
                number,
                command.tenant,
                command.cap,
                command.start,
                command.end,
                command.most,
                others,
                time_of(command.tenant, self._state),
                returns,
            )

        outbox.relay(recalling, receiver=receiver, state=self._state, effects=self._effects)


def _drop_old(command: ReportCap, key: bytes, state: State) -> None:
    first = cap_key(command.tenant, command.cap, -(2**63))
    time = time_of(command.tenant, state)
    for old, held in state.scan(_SUMS, first, key, _DROPPED_AT_ONCE):
        if held.end + _KEPT <= time:
            state.delete(_SUMS, old)
