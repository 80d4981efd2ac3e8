"""What a session may come to of caps that its account shares with others: set aside in slices."""

from decimal import Decimal

from msgspec.structs import replace

from streams.caps.slices import Holds, Place, cap_at, put
from streams.model.charging_session import ChargingRequest
from streams.model.money import CONTEXT, ZERO
from streams.model.shared_cap import CapSlice
from streams.session.probe import Probe
from streams.state import Effects, State, Table


class Slices:
    """The slices of a partition, for one request."""

    __slots__ = ("_effects", "_place", "_request", "_state")

    def __init__(
        self, request: ChargingRequest, place: Place, state: State, effects: Effects
    ) -> None:
        self._request = request
        self._place = place
        self._state = state
        self._effects = effects

    def hold(self, borne: Probe) -> Holds:
        """Set aside what a charge would take."""
        held: list[tuple[bytes, Decimal]] = []
        for each in borne.caps:
            if each.quantity > ZERO:
                known = self._held(each.key, each.held)
                reserved = CONTEXT.add(known.reserved, each.quantity)
                self._put(each.key, replace(known, reserved=reserved), ZERO)
                held.append((each.key, each.quantity))
        return tuple(held)

    def ask_more(self, found: Probe) -> None:
        """Slices were too small for what was asked: the next request may find them larger."""
        for each in found.caps:
            if each.short > ZERO:
                self._put(each.key, self._held(each.key, each.held), each.short)

    def _held(self, key: bytes, probed: CapSlice) -> CapSlice:
        held: CapSlice = self._state.get(Table.CAP_SLICES, key) or probed
        return held

    def _put(self, key: bytes, held: CapSlice, short: Decimal) -> None:
        put(
            cap_at(key, held),
            held,
            at=self._request.at,
            place=self._place,
            state=self._state,
            effects=self._effects,
            short=short,
        )
