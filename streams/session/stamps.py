"""When what is asked for began, by the clock of whoever asks, within bounds.

Validity, status and all that falls due go by the owner's time of a request; only what is rated
begins when the gateway says. Nothing begins in the future: a clock a little ahead means now.
"""

from typing import Final

from msgspec.structs import replace

from streams.model.charging_session import AnswerCode, ChargingAnswer, ChargingRequest
from streams.model.instant import BEGINNING, DAY, MINUTE, Instant, format_instant
from streams.state import State
from streams.tenant_time import own_times

AHEAD: Final[Instant] = MINUTE
"""A stamp may be so far ahead of the owner's time, this far included."""
BEHIND: Final[Instant] = DAY
"""It may be so far behind it, this far included: as long as an answer is known."""

_OPENING: Final = frozenset(("check", "reserve", "debit"))


def stamped(request: ChargingRequest, state: State) -> ChargingRequest:
    """The request with the time that it began at; as it is where nothing is stamped.

    Stamps count where something begins, and not for tenants with a time of their own.
    """
    if request.occurred_at == BEGINNING:
        return request
    own = own_times(state)
    is_own = own is not None and own.get(request.tenant) is not None
    if is_own or request.verb not in _OPENING:
        return replace(request, occurred_at=BEGINNING)
    return request


def out_of_bounds(request: ChargingRequest) -> ChargingAnswer | None:
    """What a gateway is told whose clock is wrong; None: it is near enough."""
    at, stamp = request.at, request.occurred_at
    if stamp == BEGINNING or at - BEHIND <= stamp <= at + AHEAD:
        return None
    which = "ahead of" if stamp > at else "behind"
    text = f"at: {format_instant(stamp)} is too far {which} {format_instant(at)}, the time here"
    return ChargingAnswer(AnswerCode.CLOCK_OUT_OF_BOUNDS, detail=text)
