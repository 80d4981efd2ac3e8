"""Sessions that run are told something: by an operator, a threshold, a status, or their time.

What is told leaves with the ledger record of the step, and is kept for an hour at least by rising
numbers, so that whoever follows it can ask again from where he was.
"""

from hashlib import blake2b
from typing import Final

from msgspec.structs import replace

from streams.generations import Generations
from streams.model.charging_session import (
    ChargingRequest,
    ChargingSession,
    Control,
    ThresholdStatus,
)
from streams.model.instant import HOUR, Instant
from streams.model.session_command import (
    HalfSignalled,
    NumberedCommand,
    SessionCommand,
    SignalSessions,
    ToldAction,
)
from streams.session.clock import delete_end, put_end
from streams.state import Effects, State, Table

AT_ONCE: Final = 200
"""Sessions that one step tells at most; the others are told by the next."""
COMMANDS: Final = Generations(Table.SESSION_COMMANDS, "session_commands", HOUR)
"""The session commands that are kept."""
RUNNING: Final = b"sessions.running"
"""In META: how many sessions run."""
FOLLOWING: Final = b"sessions.following"
"""In META: how many sessions follow thresholds."""
NEXT: Final = b"session_commands_next"
"""In META: the number of the next session command."""
_HALF: Final = b"\0"
"""Before what is half done, among the sessions of accounts: no tenant is without a name."""
_END: Final = b"\xff"


def session_key(tenant: str, session: str) -> bytes:
    """Where a session stands."""
    return f"{tenant}\0{session}".encode()


def account_session_key(session: ChargingSession) -> bytes:
    """Where a session stands among those of its account."""
    return f"{session.tenant}\0{session.account}\0{session.session}".encode()


def sessions_of(
    tenant: str, account: str, state: State, *, after: bytes = b"", limit: int
) -> list[ChargingSession]:
    """The sessions of an account that run, by their names; those whose place is after `after`."""
    first = f"{tenant}\0{account}\0".encode()
    found = state.scan(
        Table.ACCOUNT_SESSIONS, after + b"\0" if after else first, first + _END, limit
    )
    sessions = (
        state.get(Table.SESSIONS, session_key(tenant, key[len(first) :].decode()))
        for key, _ in found
    )
    return [session for session in sessions if session is not None]


def running_sessions(state: State) -> int:
    """How many sessions run in the partition."""
    running: int | None = state.get(Table.META, RUNNING)
    return running or 0


def signal(command: SignalSessions, state: State, effects: Effects, *, after: bytes = b"") -> bool:
    """Tell the sessions that are meant; True where some are left for another step."""
    if command.session:
        key = session_key(command.tenant, command.session)
        session: ChargingSession | None = state.get(Table.SESSIONS, key)
        if session is not None and session.account == command.account:
            tell(session, command, state, effects)
        return False
    tenant, account = command.tenant, command.account
    found = sessions_of(tenant, account, state, after=after, limit=AT_ONCE)
    for session in found:
        if _is_meant(session, command):
            tell(session, command, state, effects)
    if len(found) < AT_ONCE:
        return False
    last = account_session_key(found[-1])
    state.put(
        Table.ACCOUNT_SESSIONS,
        _HALF + command.command_id.encode(),
        HalfSignalled(command, last),
    )
    return True


def go_on(state: State, effects: Effects) -> bool:
    """Tell the next of those that are left; True where more are."""
    halves = state.scan(Table.ACCOUNT_SESSIONS, _HALF, _HALF + _END, 1)
    for key, half in halves:
        state.delete(Table.ACCOUNT_SESSIONS, key)
        signal(half.signal, state, effects, after=half.after)
    return bool(state.scan(Table.ACCOUNT_SESSIONS, _HALF, _HALF + _END, 1))


def tell_leaving(
    sessions: list[ChargingSession], state: State, effects: Effects
) -> list[ChargingSession]:
    """Tell sessions that leave with their account what they wait to hear, and give them as told."""
    if not sessions:
        return sessions
    first = sessions[0]
    key = f"{first.tenant}\0{first.account}\0".encode()
    for _, half in state.scan(Table.ACCOUNT_SESSIONS, _HALF, _HALF + _END, 2**31):
        if half.after.startswith(key):
            sessions = [
                tell(each, half.signal, state, effects)
                if account_session_key(each) > half.after and _is_meant(each, half.signal)
                else each
                for each in sessions
            ]
    return sessions


def _is_meant(session: ChargingSession, command: SignalSessions) -> bool:
    return not command.service_id or session.service_id == command.service_id


def tell(
    session: ChargingSession, command: SignalSessions, state: State, effects: Effects
) -> ChargingSession:
    """Command one session, and give it as it is then. What was told to end hears no more.

    One that follows thresholds hears of ends alone, and is not ended by one of them, nor where its
    account is suspended: there is more to follow.
    """
    if is_ended(session) or _goes_on(session, command):
        return session
    changed = session
    if command.action == "resume":
        changed = replace(session, control=None)
    elif command.action != "reauthorise":
        control = Control(command.action, command.value, command.reason)
        changed = replace(session, control=control)
    if command.action == "terminate":
        changed = _ending(changed, command.occurred_at + command.grace, state)
    if changed != session:
        state.put(Table.SESSIONS, session_key(session.tenant, session.session), changed)
    send(session, command, state, effects)
    return changed


def is_ended(session: ChargingSession) -> bool:
    """True where it was told to end, and only its last report is awaited."""
    return session.control is not None and session.control.action == "terminate"


def send(session: ChargingSession, command: SignalSessions, state: State, effects: Effects) -> None:
    """Let the gateway that holds the session hear of it."""
    told = SessionCommand(
        _id_of(command.command_id, session, command.action),
        session.tenant,
        session.account,
        session.session,
        session.service_id,
        session.gateway,
        command.action,
        command.value,
        command.reason,
        command.cause,
        command.occurred_at,
    )
    _keep(told, state, effects)


def notify(
    session: ChargingSession, known: ThresholdStatus, at: Instant, state: State, effects: Effects
) -> None:
    """Let whoever holds the session hear that a threshold which it follows has another status."""
    cause = f"follow/{next_number(state)}"
    told = SessionCommand(
        _id_of(cause, session, "notify"),
        session.tenant,
        session.account,
        session.session,
        session.service_id,
        session.gateway,
        "notify",
        known.status,
        known.threshold,
        "threshold",
        at,
    )
    _keep(told, state, effects)


def commands_from(number: int, state: State, limit: int) -> list[NumberedCommand]:
    """The commands that are kept of this number or later, in their order."""
    found: list[NumberedCommand] = []
    for start in reversed(COMMANDS.kept(state)):
        first, end = start + number.to_bytes(8, "big"), start + _END * 9
        kept = state.scan(Table.SESSION_COMMANDS, first, end, limit - len(found))
        found += [value for _, value in kept]
        if len(found) >= limit:
            break
    return found


def next_number(state: State) -> int:
    """The number of the next command."""
    number: int | None = state.get(Table.META, NEXT)
    return number or 0


def ending(session: ChargingSession, at: Instant, reason: str) -> SignalSessions:
    """What tells a gateway that a session has ended by its time."""
    return SignalSessions(
        f"expiry/{session.session}/{session.sequence}",
        session.tenant,
        session.account,
        session.root,
        "terminate",
        at,
        session.session,
        reason=reason,
        cause="expiry",
    )


def ending_for_room(session: ChargingSession, request: ChargingRequest) -> SignalSessions:
    """What tells a gateway that a session has ended because another one began."""
    return SignalSessions(
        f"limit/{request.session}/{session.session}",
        session.tenant,
        session.account,
        session.root,
        "terminate",
        request.at,
        session.session,
        reason="session_limit",
        cause="limit",
        grace=0,
    )


def count_running(serving: int, following: int, state: State) -> None:
    """So many sessions more, or fewer, are in the partition."""
    for name, more in ((RUNNING, serving), (FOLLOWING, following)):
        if more:
            state.put(Table.META, name, (state.get(Table.META, name) or 0) + more)


def _goes_on(session: ChargingSession, command: SignalSessions) -> bool:
    if session.follows is None:
        return False
    is_suspended = command.cause == "status" and command.reason == "suspended"
    return command.action != "terminate" or is_suspended or command.cause == "threshold"


def _id_of(cause: str, session: ChargingSession, action: ToldAction) -> str:
    said = f"{cause}\0{session.tenant}\0{session.session}\0{action}"
    return blake2b(said.encode(), digest_size=16).hexdigest()


def _keep(told: SessionCommand, state: State, effects: Effects) -> None:
    effects.signals.append(told)
    number = next_number(state)
    state.put(Table.META, NEXT, number + 1)
    place = COMMANDS.kept(state)[0] + number.to_bytes(8, "big")
    state.put(Table.SESSION_COMMANDS, place, NumberedCommand(number, told))


def _ending(session: ChargingSession, at: Instant, state: State) -> ChargingSession:
    """The session, found by then at the latest."""
    if at >= session.expires_at:
        return session
    key = session_key(session.tenant, session.session)
    delete_end(session.expires_at, key, state)
    put_end(at, key, state)
    return replace(session, expires_at=at)
