"""One request at work: what it lifts, sets aside and charges in the balances of its account."""

from decimal import Decimal

from msgspec.structs import replace

from streams.accumulate.partner_totals import plus
from streams.due.agenda import due_key
from streams.due.made import made_position
from streams.due.movement import Movement, holder_of
from streams.ends import refuse
from streams.model.account import Account, Accumulators
from streams.model.charging_session import (
    AnswerCode,
    ChargingRequest,
    ChargingSession,
    HeldService,
    Paid,
    Reservations,
    ServiceAnswer,
    ServiceRequest,
    Total,
)
from streams.model.instant import Period
from streams.model.money import ZERO, Quantity, minus
from streams.model.usage import Usage
from streams.outcome import Drop, Reject
from streams.rate.guide import Elsewhere
from streams.session.holds import grant_movement, lift, set_aside
from streams.session.most import most
from streams.session.probe import Attempt, Probe, probe
from streams.session.records import record_of, together
from streams.session.refunds import paid_of
from streams.state import Effects, State, Table


class Work:
    """A request on the state of its account, which is there and folded forward."""

    __slots__ = (
        "_attempt",
        "_partition",
        "account",
        "effects",
        "key",
        "paid",
        "request",
        "state",
    )

    def __init__(  # noqa: PLR0913 - a request, whose it is, and where it is done
        self,
        request: ChargingRequest,
        account: Account,
        attempt: Attempt,
        partition: int,
        state: State,
        effects: Effects,
    ) -> None:
        self.request = request
        self.account = account
        self.key = f"{account.tenant}\0{account.account}".encode()
        self.state = state
        self.effects = effects
        self.paid: tuple[Paid, ...] = ()
        self._attempt = attempt
        self._partition = partition

    # What is asked of one service

    def estimate(self, asked: ServiceRequest) -> ServiceAnswer:
        """What could be granted now, and its price; nothing changes."""
        held = HeldService.opened(asked, self.request.at)
        granted, found = self._most(held, (), asked)
        return _told(asked, granted, found)

    def grant(self, held: HeldService, asked: ServiceRequest) -> tuple[HeldService, ServiceAnswer]:
        """Set aside what the service has used and may use next; where its terms change, anew.

        What was used under other attributes is charged by them (3GPP: a change of rating
        conditions).
        """
        self.lift(held)
        held = self.report(held, asked)
        if asked.attributes != held.attributes:
            self._charge(held)
            at = self.request.at
            held = HeldService(
                held.group, held.usage_type, asked.attributes, at, at, number=held.number + 1
            )
        granted, found = self._most(held, held.used, asked)
        held = replace(held, granted=granted, holds=(), totals=())
        borne = found if granted else self._probe(held, held.used) if held.used else None
        if borne is not None and borne.refusal is None:
            holds, opened = set_aside(self.request.tenant, list(borne.taken), self.state)
            for each in opened:
                self._make(grant_movement(each))
            self._reserve(borne.totals)
            held = replace(held, holds=tuple(holds), totals=borne.totals)
        return held, _told(asked, granted, found)

    def report(self, held: HeldService, asked: ServiceRequest) -> HeldService:
        """Add what was used since the last report."""
        if not asked.used:
            return held
        return replace(held, used=together(held.used, asked.used), reported_at=self.request.at)

    def debit(self, asked: ServiceRequest) -> ServiceAnswer:
        """Charge it if the account bears it whole."""
        held = HeldService.opened(asked, self.request.at)
        found = self._probe(held, asked.requested)
        if not found.is_granted:
            return _told(asked, (), found)
        self._charge(replace(held, used=asked.requested))
        return ServiceAnswer(
            asked.group, asked.usage_type, AnswerCode.SUCCESS, asked.requested, found.amount
        )

    # What becomes of a session

    def put(self, session: ChargingSession, *, former: ChargingSession | None) -> None:
        """Keep the session, with a place where its end is found."""
        key = _session_key(session)
        if former is not None:
            self.state.delete(Table.SESSION_ENDS, due_key(former.expires_at, key))
        else:
            self._count(1)
        self.state.put(Table.SESSIONS, key, session)
        self.state.put(Table.SESSION_ENDS, due_key(session.expires_at, key), 1)

    def close(self, session: ChargingSession) -> None:
        """The session is over."""
        key = _session_key(session)
        self.state.delete(Table.SESSIONS, key)
        self.state.delete(Table.SESSION_ENDS, due_key(session.expires_at, key))
        self._count(-1)

    def settle(self, services: tuple[HeldService, ...]) -> list[ServiceAnswer]:
        """Give back what is held for the services, and charge each for what it has used."""
        for held in services:
            self.lift(held)
        return [self._charge(held) for held in services]

    def lift(self, held: HeldService) -> None:
        """Give back what is set aside for the service."""
        lift(self.request.tenant, held.holds, self.state)
        self._reserve(tuple((*each[:3], minus(each[3])) for each in held.totals))

    # What they are made of

    def _most(
        self, held: HeldService, used: tuple[Usage, ...], asked: ServiceRequest
    ) -> tuple[tuple[Usage, ...], Probe | None]:
        """As much of what is requested as is covered after what was used."""
        if not asked.requested:
            return (), None
        *fixed, last = asked.requested

        def ask(quantity: Quantity) -> Probe:
            return self._probe(held, together(used, fixed, (Usage(last.unit, quantity),)))

        if asked.is_whole:
            quantity, found = last.quantity, ask(last.quantity)
        else:
            quantity, found = most(last.quantity, ask)
        return ((*fixed, Usage(last.unit, quantity)) if found.is_granted else ()), found

    def _probe(self, held: HeldService, usages: tuple[Usage, ...]) -> Probe:
        record = record_of(held, usages, self.request)
        return probe(record, self.account.account, self.state, self._attempt)

    def _charge(self, held: HeldService) -> ServiceAnswer:
        """Charge what the service has used, as one record."""
        told = ServiceAnswer(held.group, held.usage_type, AnswerCode.SUCCESS, held.used)
        if not any(usage.quantity for usage in held.used):
            return told
        record = record_of(held, held.used, self.request)
        position = made_position(record, self._partition)
        first = len(self.effects.rated)
        refusal = self._attempt(record, position, self.state, self.effects)
        if refusal is None:
            made = {id(cause) for cause, _ in self.effects.causes}
            own = [each for each in self.effects.rated[first:] if id(each.record) not in made]
            self.effects.causes += [(each.record, self.request) for each in own]
            self.paid += tuple(paid_of(each, self.state) for each in own)
            return replace(told, amount=sum((each.amount for each in own), ZERO))
        if isinstance(refusal, Elsewhere):
            return replace(told, code=AnswerCode.NOT_RATED, detail=f"lives under {refusal.root}")
        refuse(record, position, refusal, self.effects)
        return replace(told, code=AnswerCode.NOT_RATED, detail=refusal.detail)

    def _make(self, movement: Movement) -> None:
        holder = holder_of(self.account)
        charge = movement.charge(holder, version="", partition=self._partition)
        self.effects.make(charge, self.request)

    def _reserve(self, totals: tuple[Total, ...]) -> None:
        """Count what a session may add to accumulators, or count it no longer."""
        if not totals:
            return
        held: Reservations = self.state.get(Table.RESERVATIONS, self.key) or Reservations()
        sums = Accumulators(held.totals)
        for name, start, end, quantity in totals:
            sums = plus(sums, name, Period(start, end), quantity)
        left = tuple(each for each in sums.totals if each[3])
        self._put_reservations(replace(held, totals=left))

    def _count(self, sessions: int) -> None:
        held: Reservations = self.state.get(Table.RESERVATIONS, self.key) or Reservations()
        self._put_reservations(replace(held, sessions=held.sessions + sessions))

    def _put_reservations(self, held: Reservations) -> None:
        if held.sessions or held.totals:
            self.state.put(Table.RESERVATIONS, self.key, held)
        else:
            self.state.delete(Table.RESERVATIONS, self.key)


def _session_key(session: ChargingSession) -> bytes:
    return f"{session.tenant}\0{session.session}".encode()


def _told(asked: ServiceRequest, granted: tuple[Usage, ...], found: Probe | None) -> ServiceAnswer:
    """What the service is told of its grant."""
    answer = ServiceAnswer(asked.group, asked.usage_type, AnswerCode.SUCCESS, granted)
    if found is None:
        return answer
    if found.refusal is not None:
        return replace(answer, code=AnswerCode.NOT_RATED, detail=_why(found.refusal))
    if not found.is_covered and not granted:
        return replace(answer, code=AnswerCode.CREDIT_LIMIT_REACHED, is_final=True)
    is_final = asked.requested != granted
    code = AnswerCode.PARTIAL if is_final else AnswerCode.SUCCESS
    return replace(answer, code=code, amount=Decimal(found.amount), is_final=is_final)


def _why(refusal: Elsewhere | Drop | Reject) -> str:
    return f"lives under {refusal.root}" if isinstance(refusal, Elsewhere) else refusal.detail
