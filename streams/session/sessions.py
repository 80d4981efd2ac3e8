"""Online charging in one partition: check, reserve, extend, confirm, release, debit, refund.

A session is rated as the whole that it is: each request lifts what was set aside before, rates all
that the session has used and asks for as one record from its beginning, and sets that aside. So
tiers, connection fees and switches of the tariff inside a session come out as in one call record,
and `confirm` charges what a source would have been charged for the same usage.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from streams.accumulate.budgets import Meant
from streams.caps.slices import Place
from streams.due.fold import Folding
from streams.model.account import Account
from streams.model.charging_session import (
    AnswerCode,
    Answered,
    ChargingAnswer,
    ChargingRequest,
    ChargingSession,
    HeldService,
    Paid,
    Restriction,
    ServiceAnswer,
)
from streams.model.instant import BEGINNING, Instant
from streams.outcome import Reject
from streams.rate.budgets import budgets_of
from streams.rate.plan import Plan
from streams.session.answers import digest_of, keep_answer, kept_answer, kept_name
from streams.session.balance import balances_left
from streams.session.budgets import budgets_left
from streams.session.clock import by_own_clock, delete_end, ended_sessions
from streams.session.decisions import decision_of
from streams.session.following import Following, is_looked_at, statuses_at, wrong_kind
from streams.session.moving import has_left
from streams.session.places import make_room, places_of, take_places
from streams.session.probe import Attempt
from streams.session.refunds import Refund
from streams.session.running import close_session, put_session
from streams.session.signals import ending, ending_for_room, is_ended, send, session_key, tell
from streams.session.stamps import out_of_bounds, stamped
from streams.session.standing import standing_of, stopping
from streams.session.whose import account_of, is_moving
from streams.session.work import Granted, Work
from streams.state import Effects, State, Table

_WITHOUT_SESSION: Final = ("check", "debit", "refund", "balance")


class Sessions:
    """The sessions of one partition, over the chain that charges a record."""

    def __init__(
        self, attempt: Attempt, folding: Folding, place: Place, plans: Mapping[str, Plan]
    ) -> None:
        self._plans = plans
        self._attempt = attempt
        self._folding = folding
        self._place = place
        self._following = Following(plans)

    def ask(self, request: ChargingRequest, state: State, effects: Effects) -> ChargingAnswer:
        """Do what is asked, once; the answer."""
        request = stamped(by_own_clock(request, state), state)
        session: ChargingSession | None = None
        if request.verb not in _WITHOUT_SESSION:
            session = state.get(Table.SESSIONS, _key_of(request))
        former = _former(request, session, state)
        if former is not None:
            return former
        account = account_of(request, session, state)
        if is_moving(request, account, state):
            return ChargingAnswer(AnswerCode.MOVING)
        if session is None and request.verb in ("extend", "confirm", "release"):
            return ChargingAnswer(AnswerCode.UNKNOWN_SESSION)
        wrong = out_of_bounds(request) or wrong_kind(request, session)
        if wrong is not None:
            return wrong
        if isinstance(account, Reject):
            return ChargingAnswer(AnswerCode.NOT_RATED, detail=account.detail)
        work = Work(request, account, self._attempt, self._place, state, effects, self._plans)
        if session is not None:
            work.paid = session.paid
        # What is due may open or end what the request is to be served from.
        self._folding.fold(work.key, request, now=request.at, state=state, effects=effects)
        match request.verb:
            case "check":
                answered = [work.estimate(each) for each in request.services]
                return _answer(request, account, answered)
            case "debit":
                return self._debit(work)
            case "refund":
                return self._refund(work)
            case "balance":
                left = balances_left(work.key, request.at, state)
                stand = budgets_left(account, work.usual_budgets, request.at, state)
                told = _answer(request, account, [])
                levels = statuses_at(account, request.at, self._plans, state)
                return replace(told, balances=left, budgets=stand, thresholds=levels)
            case "reserve" | "extend" if request.follow is not None or _follows(session):
                return self._follow(work, session)
            case "reserve" | "extend":
                return self._grant(work, session)
            case _:
                assert session is not None
                return self._end(work, session)

    def expire(self, limit: int, state: State, effects: Effects) -> bool:
        """Settle the sessions whose validity is over by their last report; True if some are left.

        At most `limit` of them at once.
        """
        ended = ended_sessions(limit + 1, state)
        for key in ended[:limit]:
            session: ChargingSession = state.get(Table.SESSIONS, key)
            if has_left(session, state):
                # Where its account arrives, its end comes too.
                delete_end(session.expires_at, key, state)
                continue
            if is_looked_at(session, state):
                self._following.look(session, session.expires_at, state, effects)
                continue
            self.ask(_expiry_of(session), state, effects)
        return len(ended) > limit

    def heed(self, state: State, effects: Effects) -> None:
        """Tell those who follow thresholds what the step has changed of them."""
        self._following.heed(state, effects)

    def _follow(self, work: Work, session: ChargingSession | None) -> ChargingAnswer:
        """Tell where thresholds stand, and go on telling when they change."""
        request, state = work.request, work.state
        if session is not None and is_ended(session):
            return self._refuse_more(work, session)
        answer = self._following.follow(request, work.account, session, state)
        if session is None and answer.code != AnswerCode.SUCCESS:
            keep_answer(request.tenant, request.session, _answered(request, answer), state)
        return answer

    def _grant(self, work: Work, session: ChargingSession | None) -> ChargingAnswer:
        """Serve each service of the request from what is available after the one before."""
        at, account = work.request.at, work.account
        status, stands_until = standing_of(account, work.request.service_id, at, work.state)
        if session is not None and status != "active":
            told = stopping(session, status, at)
            session = tell(session, told, work.state, work.effects)
        if session is not None and is_ended(session):
            return self._refuse_more(work, session)
        request, running = work.request, {} if session is None else _by_group(session)
        places: list[Meant] = []
        if session is None:
            places = places_of(request, work.account, work.usual_budgets, work.state)
        if places and (bound := self._make_room(places, work)) is not None:
            return self._find_no_place(bound, work)
        granted: list[Granted] = []
        for asked in request.services:
            held = running.get(asked.group) or HeldService.opened(asked, request.began_at)
            granted.append(work.grant(held, asked))
            running[asked.group] = granted[-1].held
        until = min((each.until for each in granted), default=request.at + request.validity)
        if status == "active":
            until = min(until, stands_until)
        idle = min((each.inactive_after for each in granted if each.inactive_after), default=0)
        answered = [each.answer for each in granted]
        answer = _answer(request, work.account, answered, valid_until=until)
        control = None if session is None else session.control
        if idle or control is not None:
            answer = replace(answer, inactive_after=idle, control=control)
        services = tuple(each for each in running.values() if each.used or each.granted)
        is_refused = any(asked.requested for asked in request.services) and not services
        if session is None and is_refused:
            keep_answer(request.tenant, request.session, _answered(request, answer), work.state)
            return answer
        opened_at = request.at if session is None else session.opened_at
        is_used = session is None or any(each.used or each.used_after for each in request.services)
        used_at = request.at if session is None or is_used else session.used_at
        opened = ChargingSession(
            request.tenant,
            request.session,
            request.service_id,
            work.account.account,
            work.account.root,
            request.sequence,
            digest_of(request),
            answer,
            min(until, used_at + idle) if idle else until,
            services,
            work.paid,
            opened_at,
            used_at,
            idle,
            request.gateway or ("" if session is None else session.gateway),
            control,
            take_places(places, request.session, request.at, work.state)
            if session is None
            else session.places,
        )
        put_session(opened, session, work.state)
        return answer

    def _make_room(self, places: list[Meant], work: Work) -> Restriction | None:
        """End the oldest sessions where limits say so; the limit that refuses this one."""
        request, state, effects = work.request, work.state, work.effects

        def end_oldest(name: str) -> None:
            key = session_key(request.tenant, name)
            oldest: ChargingSession | None = state.get(Table.SESSIONS, key)
            if oldest is None:
                return
            tell(oldest, ending_for_room(oldest, request), state, effects)
            told: ChargingSession = state.get(Table.SESSIONS, key)
            self.ask(replace(_expiry_of(told), at=request.at), state, effects)

        return make_room(places, end_oldest, state)

    def _find_no_place(self, bound: Restriction, work: Work) -> ChargingAnswer:
        """As many sessions run as may: this one does not begin."""
        request = work.request
        detail = f"{bound.name}: as many sessions run as may run at once"
        code = AnswerCode.SESSION_LIMIT_REACHED
        answered = [
            ServiceAnswer(
                asked.group,
                asked.usage_type,
                code,
                is_final=True,
                detail=detail,
                restriction=bound,
            )
            for asked in request.services
        ]
        work.effects.decisions += [
            decision_of(asked, told, request, work.account)
            for asked, told in zip(request.services, answered, strict=True)
        ]
        answer = _answer(request, work.account, answered)
        keep_answer(request.tenant, request.session, _answered(request, answer), work.state)
        return answer

    def _refuse_more(self, work: Work, session: ChargingSession) -> ChargingAnswer:
        """Take what a session reports that was told to end; it is granted nothing more."""
        request, running = work.request, _by_group(session)
        for asked in request.services:
            held = running.get(asked.group)
            if held is not None:
                running[asked.group] = work.report(held, asked)
        answer = ChargingAnswer(
            AnswerCode.TERMINATED, currency=work.account.currency, control=session.control
        )
        reported = replace(
            session,
            sequence=request.sequence,
            digest=digest_of(request),
            answer=answer,
            services=tuple(running.values()),
        )
        put_session(reported, session, work.state)
        return answer

    def _end(self, work: Work, session: ChargingSession) -> ChargingAnswer:
        """Charge what was used, give the rest back; `release` reports nothing more."""
        request, running = work.request, _by_group(session)
        for asked in request.services:
            held = running.get(asked.group) or HeldService.opened(asked, request.began_at)
            running[asked.group] = work.report_last(held, asked)
        answer = _answer(request, work.account, work.settle(tuple(running.values())))
        close_session(session, work.state)
        if request.expires:
            if not is_ended(session):
                at = session.used_at + session.inactive_after
                is_idle = session.inactive_after and at <= session.expires_at
                why = "inactivity" if is_idle else "validity"
                send(session, ending(session, request.at, why), work.state, work.effects)
            gone = ChargingAnswer(AnswerCode.UNKNOWN_SESSION)
            answered = Answered(session.sequence, b"", gone, work.paid, session.account)
        else:
            answered = _answered(request, answer, work.paid, work.account.account)
        keep_answer(request.tenant, request.session, answered, work.state)
        return answer

    def _debit(self, work: Work) -> ChargingAnswer:
        """Charge at once what can be borne whole; of several services each for itself."""
        request = work.request
        answered = [work.debit(each) for each in request.services]
        answer = _answer(request, work.account, answered)
        answered_now = _answered(request, answer, work.paid, work.account.account)
        keep_answer(request.tenant, kept_name(request), answered_now, work.state)
        return answer

    def _refund(self, work: Work) -> ChargingAnswer:
        """Give back what a debit or an ended session has cost, whole or in part."""
        request, state = work.request, work.state
        known = kept_answer(request.tenant, request.refers, state)
        answer = ChargingAnswer(AnswerCode.UNKNOWN_SESSION)
        if known is not None and known.account == work.account.account:
            budgets = budgets_of(work.account, work.usual_budgets, state)
            refund = Refund(request, work.account, budgets, state, work.effects)
            paid = refund.give(known.paid, self._place.partition)
            keep_answer(request.tenant, request.refers, replace(known, paid=paid), state)
            answer = _answer(request, work.account, [refund.told()])
        answered = _answered(request, answer, account=work.account.account)
        keep_answer(request.tenant, kept_name(request), answered, state)
        return answer


def _former(
    request: ChargingRequest, session: ChargingSession | None, state: State
) -> ChargingAnswer | None:
    """The answer that a repeat gets, or why the request can have none; None: it is new."""
    if request.verb in ("check", "balance"):
        return None
    known: ChargingSession | Answered | None = session
    if known is None:
        known = kept_answer(request.tenant, kept_name(request), state)
    if known is None or request.sequence > known.sequence:
        return None
    if known is not session and not known.digest:
        return known.answer
    if request.sequence < known.sequence:
        return ChargingAnswer(AnswerCode.OUT_OF_ORDER)
    if digest_of(request) != known.digest:
        return ChargingAnswer(AnswerCode.IDEMPOTENCY_CONFLICT)
    return replace(known.answer, is_repeat=True)


def _follows(session: ChargingSession | None) -> bool:
    return session is not None and session.follows is not None


def _by_group(session: ChargingSession) -> dict[str, HeldService]:
    return {each.group: each for each in session.services}


def _answer(
    request: ChargingRequest,
    account: Account,
    answered: list[ServiceAnswer],
    *,
    valid_until: Instant = BEGINNING,
) -> ChargingAnswer:
    codes = {each.code for each in answered}
    if not codes:
        code = AnswerCode.SUCCESS
    elif len(codes) == 1 or not codes & {AnswerCode.SUCCESS, AnswerCode.PARTIAL}:
        code = answered[0].code
    else:
        code = AnswerCode.PARTIAL
    return ChargingAnswer(code, tuple(answered), account.currency, valid_until)


def _answered(
    request: ChargingRequest, answer: ChargingAnswer, paid: tuple[Paid, ...] = (), account: str = ""
) -> Answered:
    return Answered(request.sequence, digest_of(request), answer, paid, account)


def _expiry_of(session: ChargingSession) -> ChargingRequest:
    """What ends a session that nobody has ended."""
    return ChargingRequest(
        f"expiry/{session.session}/{session.sequence}",
        session.tenant,
        session.root,
        "confirm",
        session.session,
        session.sequence + 1,
        session.service_id,
        session.expires_at,
        (),
        0,
        expires=True,
    )


def _key_of(request: ChargingRequest) -> bytes:
    return f"{request.tenant}\0{request.session}".encode()
