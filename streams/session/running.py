"""Sessions that run, where they stand: by name, by account, by when they end; and what they hold of
accumulators."""

from msgspec.structs import replace

from streams.accumulate.partner_totals import plus
from streams.model.account import Accumulators
from streams.model.charging_session import ChargingSession, Reservations, Total
from streams.model.instant import Period
from streams.session.clock import delete_end, put_end
from streams.session.places import leave_places
from streams.session.signals import account_session_key, count_running, session_key
from streams.state import State, Table


def put_session(session: ChargingSession, former: ChargingSession | None, state: State) -> None:
    """Keep the session, with a place where its end is found."""
    key = session_key(session.tenant, session.session)
    if former is not None:
        delete_end(former.expires_at, key, state)
    else:
        _count(session, 1, state)
        state.put(Table.ACCOUNT_SESSIONS, account_session_key(session), 1)
    state.put(Table.SESSIONS, key, session)
    put_end(session.expires_at, key, state)


def close_session(session: ChargingSession, state: State) -> None:
    """The session is over."""
    key = session_key(session.tenant, session.session)
    state.delete(Table.SESSIONS, key)
    state.delete(Table.ACCOUNT_SESSIONS, account_session_key(session))
    delete_end(session.expires_at, key, state)
    leave_places(session.places, session.session, state)
    _count(session, -1, state)


def reserve_totals(key: bytes, totals: tuple[Total, ...], state: State) -> None:
    """Count what a session may add to accumulators, or count it no longer."""
    if not totals:
        return
    held: Reservations = state.get(Table.RESERVATIONS, key) or Reservations()
    sums = Accumulators(held.totals)
    for name, start, end, quantity in totals:
        sums = plus(sums, name, Period(start, end), quantity)
    left = tuple([each for each in sums.totals if each[3]])
    _put(key, replace(held, totals=left), state)


def _count(session: ChargingSession, more: int, state: State) -> None:
    key = f"{session.tenant}\0{session.account}".encode()
    held: Reservations = state.get(Table.RESERVATIONS, key) or Reservations()
    if session.follows is None:
        count_running(more, 0, state)
        _put(key, replace(held, sessions=held.sessions + more), state)
        return
    count_running(0, more, state)
    others = tuple(each for each in held.followers if each != session.session)
    followers = (*others, session.session) if more > 0 else others
    _put(key, replace(held, followers=followers), state)


def _put(key: bytes, held: Reservations, state: State) -> None:
    if held.sessions or held.totals or held.followers:
        state.put(Table.RESERVATIONS, key, held)
    else:
        state.delete(Table.RESERVATIONS, key)
