"""Sessions go along with an account that moves: with what they hold of it, and its first answers.

A grant is bounded by what is set aside for it. What is the account's own goes where it goes, so the
grant stays good. What others share, a pool or a slice of a cap, stays where it is: a session that
holds some of that keeps its account there until it has ended. Budgets of others count the account
no longer, and so bound its sessions no longer.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from streams.model.account import Account, Balances, Service
from streams.model.budget import Budgets
from streams.model.charging_session import (
    Answered,
    ChargingSession,
    HeldService,
    Reservations,
)
from streams.model.command import Moving
from streams.model.money import Quantity, added
from streams.moved import is_arriving, moving_key
from streams.ranges import ranges_over
from streams.session.answers import ANSWERS, answers_of
from streams.session.budgets import lift_budgets
from streams.session.clock import delete_end, put_end
from streams.session.holds import Place, place_of
from streams.session.places import leave_places
from streams.session.signals import (
    account_session_key,
    count_running,
    session_key,
    sessions_of,
    tell_leaving,
)
from streams.state import Effects, State, Table

_ALL = 2**31


def is_away(account: Account, state: State) -> bool:
    """True where the account has left, or has not arrived with all it has."""
    if account.moved_to:
        return True
    if not account.former_roots:
        return False
    return is_arriving(f"{account.tenant}\0{account.account}".encode(), state)


def has_left(session: ChargingSession, state: State) -> bool:
    """True where its account has left, and it will."""
    key = f"{session.tenant}\0{session.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    return account is not None and account.moved_to != ""


def is_leaving(tenant: str, service_id: str, state: State) -> bool:
    """True where the service was here and is on its way to another root with its account."""
    service: Service | None = state.get(Table.SERVICES, f"{tenant}\0{service_id}".encode())
    found = ranges_over(tenant, service_id, state) if service is None else [service]
    for account in {each.account for held in found for each in held.gone}:
        key = f"{tenant}\0{account}".encode()
        moving: Moving | None = state.get(Table.MOVES, moving_key(key))
        if moving is not None and moving.move:
            return True
    return False


def why_it_stays(account: Account, held: Balances, state: State) -> str:
    """What of running sessions cannot go along with the account; empty: all of it can."""
    own: dict[Place, Quantity] = {}
    name = account.account
    for session in sessions_of(account.tenant, name, state, limit=_ALL):
        for service in session.services:
            if service.caps:
                return f"session {session.session} of account {name} holds some of a shared cap"
            for hold in service.holds:
                if hold.account != name:
                    what = f"something of {hold.account}"
                    return f"session {session.session} of account {name} holds {what}"
                place = place_of(hold.bucket)
                own[place] = added(own.get(place, 0), hold.bucket.remaining)
    if any(bucket.reserved > own.get(place_of(bucket), 0) for bucket in held.buckets):
        return f"sessions of others hold something of account {name}"
    return ""


def has_sessions(account: Account, state: State) -> bool:
    """True while some that run have not been taken out."""
    return bool(sessions_of(account.tenant, account.account, state, limit=1))


def take_sessions(
    account: Account, root: str, limit: int, state: State, effects: Effects
) -> tuple[ChargingSession, ...]:
    """Take out the first sessions that run; what they hold of others goes back.

    A command that has reached some of the account's sessions finds the others no more: they hear
    of it as they leave.
    """
    found = sessions_of(account.tenant, account.account, state, limit=limit)
    found = tell_leaving(found, state, effects)
    for session in found:
        key = session_key(session.tenant, session.session)
        state.delete(Table.SESSIONS, key)
        state.delete(Table.ACCOUNT_SESSIONS, account_session_key(session))
        delete_end(session.expires_at, key, state)
    _count(found, -1, state)
    own = f"{account.tenant}\0{account.account}\0".encode()
    taken: list[ChargingSession] = []
    for session in found:
        others = tuple(key for key in session.places if not key.startswith(own))
        leave_places(others, session.session, state)
        for service in session.services:
            lift_budgets(tuple(e for e in service.budgets if not e[0].startswith(own)), state)
        taken.append(replace(_of_budgets(session, own, frozenset()), root=root))
    return tuple(taken)


def put_sessions(key: bytes, move: str, sessions: Iterable[ChargingSession], state: State) -> None:
    """Put sessions that came with the account; its team's budgets have let go of them.

    A name that another session has here is of no use to its caller: under another one it is
    settled by its last report.
    """
    shared = shared_budgets(key, state)
    own, arrived = key + b"\0", list[ChargingSession]()
    for came in sessions:
        session = _of_budgets(came, own, shared)
        if state.get(Table.SESSIONS, session_key(came.tenant, came.session)) is not None:
            leave_places(session.places, session.session, state)
            session = replace(session, session=f"{came.session}@{move}", places=())
            _rename_follower(key, came.session, session.session, state)
        at = session_key(session.tenant, session.session)
        state.put(Table.SESSIONS, at, session)
        state.put(Table.ACCOUNT_SESSIONS, account_session_key(session), 1)
        put_end(session.expires_at, at, state)
        arrived.append(session)
    _count(arrived, 1, state)


def take_answers(key: bytes, limit: int, state: State) -> tuple[tuple[bytes, Answered], ...]:
    """Take the next answers that the account was given, the older before the newer ones.

    They stay known here too, for who asks here again.
    """
    return tuple(answers_of(key, limit, state)) if limit else ()


def put_answers(key: bytes, answers: Iterable[tuple[bytes, Answered]], state: State) -> None:
    """Know what the account was answered where it was."""
    for digest, answered in answers:
        start = ANSWERS.kept(state)[0]
        state.put(Table.ANSWERS, start + digest, answered)
        state.put(Table.ACCOUNT_ANSWERS, start + key + b"\0" + digest, 1)


def shared_budgets(key: bytes, state: State) -> frozenset[bytes]:
    """The account's budgets that count others too."""
    budgets: Budgets = state.get(Table.BUDGETS, key) or Budgets()
    return frozenset(each.id.encode() for each in budgets.own if each.accounts)


def _of_budgets(session: ChargingSession, own: bytes, shared: frozenset[bytes]) -> ChargingSession:
    """The session with what it holds of the account's own budgets alone."""

    def is_own(total: bytes) -> bool:
        return total.startswith(own) and total[len(own) :].partition(b"\0")[0] not in shared

    def kept(service: HeldService) -> HeldService:
        return replace(service, budgets=tuple(e for e in service.budgets if is_own(e[0])))

    services = tuple(map(kept, session.services))
    return replace(session, services=services, places=tuple(filter(is_own, session.places)))


def _rename_follower(key: bytes, name: str, to: str, state: State) -> None:
    held: Reservations | None = state.get(Table.RESERVATIONS, key)
    if held is not None and name in held.followers:
        followers = tuple(to if each == name else each for each in held.followers)
        state.put(Table.RESERVATIONS, key, replace(held, followers=followers))


def _count(sessions: Collection[ChargingSession], more: int, state: State) -> None:
    following = sum(each.follows is not None for each in sessions)
    count_running(more * (len(sessions) - following), more * following, state)
