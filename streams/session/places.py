"""Limits on sessions that run at once: by account, service, or an attribute such as the device."""

from collections.abc import Callable

from msgspec.structs import replace

from streams.accumulate.budgets import Meant, meant_by, put_total, total_of
from streams.model.account import Account
from streams.model.budget import Budget, BudgetTotal
from streams.model.charging_session import ChargingRequest, HeldService, Restriction
from streams.model.instant import Instant
from streams.rate.budgets import budgets_of
from streams.session.records import record_of
from streams.state import State, Table
from streams.tenant_time import time_of_key

EndOldest = Callable[[str], None]
"""Settles the session of that name."""


def places_of(
    request: ChargingRequest, account: Account, usual: tuple[Budget, ...], state: State
) -> list[Meant]:
    """The limits that a session which begins by the request counts in."""
    if not (account.has_budgets or usual) or not request.services:
        return []
    counted = budgets_of(account, usual, state)
    limits = tuple(each for each in counted if each.budget.limits == "sessions")
    record = record_of(HeldService.opened(request.services[0], request.at), (), request)
    return meant_by(record, account, limits) if limits else []


def make_room(places: list[Meant], end_oldest: EndOldest, state: State) -> Restriction | None:
    """End the oldest where that is what a limit says; or the one that has no room.

    Nothing is ended for a session that another limit refuses.
    """
    for meant in places:
        ends = meant.budget.at_limit == "end_oldest" and meant.limit >= 1
        if not ends and _is_full(meant, state):
            budget = meant.budget
            return Restriction("sessions", budget.id, "stop", budget.level or budget.id)
    for meant in places:
        while _is_full(meant, state):
            oldest = total_of(meant, state).sessions[0][1]
            end_oldest(oldest)
            _leave(meant.key, oldest, state)
    return None


def take_places(places: list[Meant], session: str, at: Instant, state: State) -> tuple[bytes, ...]:
    """The session counts from now on; the keys of what it counts in."""
    for meant in places:
        total = total_of(meant, state)
        sessions = tuple(sorted((*total.sessions, (at, session))))
        _put(meant.key, replace(total, sessions=sessions), state)
    return tuple(meant.key for meant in places)


def leave_places(keys: tuple[bytes, ...], session: str, state: State) -> None:
    """The session is over."""
    for key in keys:
        _leave(key, session, state)


def _leave(key: bytes, session: str, state: State) -> None:
    total: BudgetTotal | None = state.get(Table.BUDGET_TOTALS, key)
    if total is not None:
        left = tuple(each for each in total.sessions if each[1] != session)
        _put(key, replace(total, sessions=left), state)


def _is_full(meant: Meant, state: State) -> bool:
    return len(total_of(meant, state).sessions) >= meant.limit


def _put(key: bytes, total: BudgetTotal, state: State) -> None:
    put_total(key, total, time_of_key(key, state), state)
