"""Sessions that follow thresholds: they serve nothing, and hear of each change of a status.

They are looked at after each step that moved something of their account, and where a period ends.
What was last told stands in the session, so nothing is told twice and nothing is left out, however
often a level is crossed.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from streams.commands import catalog_of
from streams.model.account import Account
from streams.model.charging_session import (
    AnswerCode,
    ChargingAnswer,
    ChargingRequest,
    ChargingSession,
    Reservations,
    ThresholdStatus,
)
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.rate.plan import Plan
from streams.session.answers import digest_of
from streams.session.running import put_session
from streams.session.signals import FOLLOWING, is_ended, notify, session_key, tell
from streams.session.standing import standing_of, stopping
from streams.session.thresholds import thresholds_of
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

FOLLOWERS_MOST: Final = 100
"""Sessions that follow the thresholds of one account, at most."""


def wrong_kind(request: ChargingRequest, session: ChargingSession | None) -> ChargingAnswer | None:
    """Why the request is none of a session that follows, or that serves; None: nothing is wrong."""
    follows = request.follow is not None if session is None else session.follows is not None
    name = request.session
    if follows and request.services:
        return _refusal(f"session {name} follows thresholds: it serves nothing")
    if not follows and request.follow is not None:
        return _refusal(f"session {name} serves usage: it follows no thresholds")
    return None


def statuses_at(
    account: Account, at: Instant, plans: Mapping[str, Plan], state: State
) -> tuple[ThresholdStatus, ...]:
    """Where the account's thresholds stand, by the catalog of that time."""
    version = catalog_of(account.tenant, at, state)
    plan = None if version is None else plans.get(version)
    return () if plan is None else thresholds_of(account, plan, at, state)


class Following:
    """The sessions of one partition that follow thresholds."""

    def __init__(self, plans: Mapping[str, Plan]) -> None:
        self._plans = plans

    def follow(
        self,
        request: ChargingRequest,
        account: Account,
        session: ChargingSession | None,
        state: State,
    ) -> ChargingAnswer:
        """Begin to follow, or follow on; what stands now is the answer."""
        at = request.at
        status, stands_until = standing_of(account, request.service_id, at, state)
        if status == "terminated":
            return _refusal(f"account {account.account} is {status}")
        found = {each.threshold: each for each in statuses_at(account, at, self._plans, state)}
        names = _names(request, session) or tuple(found)
        told = tuple(found[name] for name in names if name in found)
        unknown = [name for name in names if name not in found]
        if not told or (unknown and request.follow is not None):
            detail = f"account {account.account} has no threshold {', '.join(unknown)}".rstrip()
            code = AnswerCode.UNKNOWN_THRESHOLD
            return ChargingAnswer(code, detail=detail, thresholds=tuple(found.values()))
        if session is None and _is_full(account, state):
            detail = f"{FOLLOWERS_MOST} sessions follow account {account.account}"
            return ChargingAnswer(AnswerCode.SESSION_LIMIT_REACHED, detail=detail)
        until = at + request.validity
        answer = ChargingAnswer(
            AnswerCode.SUCCESS, currency=account.currency, valid_until=until, thresholds=told
        )
        put_session(
            ChargingSession(
                request.tenant,
                request.session,
                request.service_id,
                account.account,
                account.root,
                request.sequence,
                digest_of(request),
                answer,
                min(until, stands_until, _next_look(told, at)),
                opened_at=at if session is None else session.opened_at,
                used_at=at,
                gateway=request.gateway or ("" if session is None else session.gateway),
                follows=tuple((each.threshold, each.status) for each in told),
            ),
            session,
            state,
        )
        return answer

    def heed(self, state: State, effects: Effects) -> None:
        """Tell what the step has changed of thresholds that are followed."""
        if not state.get(Table.META, FOLLOWING):
            return
        for key, at in _moved(effects).items():
            held: Reservations | None = state.get(Table.RESERVATIONS, key)
            if held is None:
                continue
            tenant = key[: key.index(b"\0")].decode()
            for name in held.followers:
                session = state.get(Table.SESSIONS, session_key(tenant, name))
                if session is not None:
                    self.look(session, at, state, effects)

    def look(self, session: ChargingSession, at: Instant, state: State, effects: Effects) -> None:
        """Tell what of one session has another status than it was told, and when to look next."""
        if is_ended(session) or session.follows is None:
            return
        key = f"{session.tenant}\0{session.account}".encode()
        account: Account | None = state.get(Table.ACCOUNTS, key)
        if account is None:
            return
        # A record may be ahead of the time; before the first tick there is no other.
        time = time_of(session.tenant, state)
        at = max(at if time == BEGINNING else time, session.used_at)
        status, stands_until = standing_of(account, session.service_id, at, state)
        if status == "terminated":
            tell(session, stopping(session, status, at), state, effects)
            return
        found = {each.threshold: each for each in statuses_at(account, at, self._plans, state)}
        for name, known in session.follows:
            now = found.get(name)
            if now is not None and now.status != known:
                notify(session, now, at, state, effects)
        names = [name for name, _ in session.follows]
        follows = tuple(
            (name, found[name].status if name in found else known)
            for name, known in session.follows
        )
        looked = [found[name] for name in names if name in found]
        expires_at = min(session.answer.valid_until, stands_until, _next_look(looked, at))
        if (follows, expires_at) != (session.follows, session.expires_at):
            changed = replace(session, follows=follows, expires_at=expires_at, used_at=at)
            put_session(changed, session, state)


def is_looked_at(session: ChargingSession, state: State) -> bool:
    """True where its time is not over yet: it is only looked at again."""
    if session.follows is None or is_ended(session):
        return False
    return time_of(session.tenant, state) < session.answer.valid_until


def _names(request: ChargingRequest, session: ChargingSession | None) -> tuple[str, ...]:
    """What is to be followed; empty: all that there is."""
    if request.follow is not None or session is None:
        return request.follow or ()
    return tuple(name for name, _ in session.follows or ())


def _is_full(account: Account, state: State) -> bool:
    key = f"{account.tenant}\0{account.account}".encode()
    held: Reservations | None = state.get(Table.RESERVATIONS, key)
    return held is not None and len(held.followers) >= FOLLOWERS_MOST


def _next_look(told: Iterable[ThresholdStatus], at: Instant) -> Instant:
    """When the next period ends."""
    return min((each.end for each in told if each.end > at), default=FOREVER)


def _moved(effects: Effects) -> dict[bytes, Instant]:
    """The accounts that the step has changed something of, and when that counts."""
    found: dict[bytes, Instant] = {}
    for charge in effects.rated:
        at = charge.record.occurred_at
        whose = {charge.account, charge.root, *(each.account for each in charge.changes)}
        for account in sorted(whose - {""}):
            key = f"{charge.record.tenant}\0{account}".encode()
            found[key] = max(at, found.get(key, at))
    for fact in effects.facts:
        if isinstance(fact, Account):
            found.setdefault(f"{fact.tenant}\0{fact.account}".encode(), BEGINNING)
    return found


def _refusal(detail: str) -> ChargingAnswer:
    return ChargingAnswer(AnswerCode.NOT_RATED, detail=detail)
