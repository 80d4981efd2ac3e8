"""What is commanded of charging sessions that run, and what their gateways are told of it."""

from typing import Final, Literal, get_args

from msgspec import Struct

from streams.model.instant import SECOND, Instant

SessionAction = Literal["reauthorise", "throttle", "restrict", "redirect", "terminate", "resume"]
"""Ask again at once; go on more slowly, with less, or elsewhere; end; go on as before."""
ToldAction = Literal[SessionAction, "notify"]
"""What is told: a command, or that a threshold has another status."""

SESSION_ACTIONS: Final[tuple[SessionAction, ...]] = get_args(SessionAction)

OutsideCause = Literal["operator", "fraud", "policy"]
"""Who commands it from outside."""
SignalCause = Literal["operator", "fraud", "policy", "threshold", "status", "expiry", "limit"]
"""Who or what commands it: somebody from outside, or a rule."""

GRACE: Final[Instant] = 60 * SECOND
"""So long after a session was told to end its last report is awaited."""


class SignalSessions(Struct, frozen=True, array_like=True, tag=51):
    """Command the running sessions of an account: all of them, or `session` alone.

    With a `service_id` only those of this service. `value` is the rate, filter or address.
    A session that is to end is settled by its last report when `grace` is over. What ran with
    another account, or begins later, is not meant.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    action: SessionAction
    occurred_at: Instant
    session: str = ""
    service_id: str = ""
    value: str = ""
    reason: str = ""
    cause: SignalCause = "operator"
    grace: Instant = GRACE


class SessionCommand(Struct, frozen=True, array_like=True):
    """What the gateway that holds a session is told. `command_id` is made from its cause.

    With `notify`, `value` is the status that the threshold `reason` has now.
    """

    command_id: str
    tenant: str
    account: str
    session: str
    service_id: str
    gateway: str
    action: ToldAction
    value: str
    reason: str
    cause: SignalCause
    occurred_at: Instant


class HalfSignalled(Struct, frozen=True, array_like=True):
    """A command for more sessions than are told at once: those after `after` are still to come."""

    signal: SignalSessions
    after: bytes


class NumberedCommand(Struct, frozen=True, array_like=True):
    """A session command as it is kept for gateways that ask again: by its number."""

    number: int
    command: SessionCommand
