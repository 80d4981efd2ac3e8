"""Credit-Control requests as verbs of sessions, and answers as result codes: no wire, no socket.

INITIAL, UPDATE and TERMINATION are a session (SCUR; without UPDATE ECUR), an EVENT stands for
itself (IEC). Quota is asked for by rating group, of a request without Multiple-Services by its
Service-Identifier.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

from connectors.trade.charging import Call, SessionVerb, TermsBook, Worker, ask
from connectors.trade.dialogue import CLOCK, Dialogue, GroupResult, Outcome, Result, converse
from connectors.trade.diameter.codes import RequestedAction, RequestType, ResultCode
from connectors.trade.notices import gateway_of
from connectors.trade.terms import Asked, Fact, Terms
from streams.model.instant import Instant

DOOR: Final = "diameter"
_VERBS: Final[dict[RequestType, SessionVerb]] = {
    RequestType.INITIAL: "reserve",
    RequestType.UPDATE: "extend",
    RequestType.TERMINATION: "confirm",
}
_RESULTS: Final = {
    Result.SUCCESS: ResultCode.SUCCESS,
    Result.LIMIT_REACHED: ResultCode.CREDIT_LIMIT_REACHED,
    Result.DENIED: ResultCode.END_USER_SERVICE_DENIED,
    Result.RATING_FAILED: ResultCode.RATING_FAILED,
    Result.FREE: ResultCode.CREDIT_CONTROL_NOT_APPLICABLE,
}
_FAILURES: Final = {
    HTTPStatus.MISDIRECTED_REQUEST: ResultCode.USER_UNKNOWN,
    HTTPStatus.NOT_FOUND: ResultCode.UNKNOWN_SESSION_ID,
    HTTPStatus.UNAUTHORIZED: ResultCode.AUTHORIZATION_REJECTED,
    HTTPStatus.FORBIDDEN: ResultCode.AUTHORIZATION_REJECTED,
    HTTPStatus.UNPROCESSABLE_ENTITY: ResultCode.RATING_FAILED,
    HTTPStatus.BAD_REQUEST: ResultCode.INVALID_AVP_VALUE,
}


@dataclass(frozen=True, slots=True)
class CreditControl:
    """A request. `is_multiple`: its services stand in Multiple-Services-Credit-Control.

    `subscribers` are all identifiers that are told, each as it begins in TS 29.571. `correlation`
    is the Session-Id of the direct debit that a refund gives back; `holder` is the peer's host, and
    `told_at` its Event-Timestamp.
    """

    session_id: str
    type: RequestType
    number: int
    subscribers: list[str]
    asked: list[Asked]
    fact: Fact
    is_multiple: bool = True
    action: RequestedAction = RequestedAction.DIRECT_DEBITING
    correlation: str = ""
    holder: str = ""
    told_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """An answer. `outcome` is there where sessions answered; `has_credit` where that was asked.

    `cost` and `currency` answer a price enquiry.
    """

    code: ResultCode
    outcome: Outcome | None = None
    results: list[GroupResult] = field(default_factory=list)
    has_credit: bool | None = None
    cost: Decimal | None = None
    currency: str = ""


def code_of(result: GroupResult) -> ResultCode:
    """The result code of one service."""
    return _RESULTS[result.result]


class Credits:
    """Answers Credit-Control for one tenant."""

    def __init__(
        self,
        worker: Worker,
        terms: TermsBook,
        *,
        tenant: str,
        key: str,
        trusts_clocks: bool = False,
    ) -> None:
        self._trusts_clocks = trusts_clocks
        self._worker = worker
        self._terms = terms
        self._tenant = tenant
        self._key = key

    async def answer(self, request: CreditControl) -> Credit:
        """What the request comes to. Raises Unavailable, Refused where there is no catalog."""
        if not request.subscribers:
            return Credit(ResultCode.MISSING_AVP)
        is_event = request.type is RequestType.EVENT
        terms = await self._terms.of(self._tenant)
        if is_event and request.action is RequestedAction.REFUND_ACCOUNT:
            return await self._refund(request, terms)
        enquires = is_event and request.action is not RequestedAction.DIRECT_DEBITING
        verb: SessionVerb = "check" if enquires else _VERBS.get(request.type, "debit")
        dialogue = Dialogue(
            self._tenant,
            self._key,
            _name_of(self._tenant, request),
            terms.known(request.subscribers),
            request.number,
            request.asked,
            request.fact,
            gateway_of(DOOR, f"{request.holder} {request.session_id}" if request.holder else ""),
            request.told_at if self._trusts_clocks else None,
        )
        outcome = await converse(self._worker, terms, verb, dialogue)
        if not outcome.is_served:
            failure = _FAILURES.get(outcome.told.status, ResultCode.UNABLE_TO_COMPLY)
            if outcome.told.code == CLOCK:
                failure = ResultCode.INVALID_AVP_VALUE
            return Credit(failure, results=[])
        if enquires:
            return _enquired(request, outcome)
        return Credit(_whole(request, outcome), outcome, outcome.results)

    async def _refund(self, request: CreditControl, terms: Terms) -> Credit:
        """Give back what a direct debit took; nothing is credited that was never paid."""
        if not request.correlation:
            return Credit(ResultCode.MISSING_AVP)
        debit = replace(request, session_id=request.correlation, number=0)
        body = {
            "service_id": terms.service_id(terms.known(request.subscribers)),
            "debit": _name_of(self._tenant, debit),
        }
        name = _name_of(self._tenant, request)
        told = await ask(self._worker, Call("refund", self._tenant, self._key, name), body)
        if told.code != "success":
            return Credit(_FAILURES.get(told.status, ResultCode.UNABLE_TO_COMPLY))
        cost = sum((Decimal(each["amount"]) for each in told.others), Decimal(0))
        return Credit(ResultCode.SUCCESS, cost=cost, currency=told.currency)


def _enquired(request: CreditControl, outcome: Outcome) -> Credit:
    failed = [each for each in outcome.results if each.result is Result.RATING_FAILED]
    if failed or not outcome.results:
        return Credit(ResultCode.RATING_FAILED, outcome)
    if request.action is RequestedAction.CHECK_BALANCE:
        enough = all(
            each.result is Result.SUCCESS and each.final is None for each in outcome.results
        )
        return Credit(ResultCode.SUCCESS, outcome, has_credit=enough)
    cost = sum((each.amount for each in outcome.results), Decimal(0))
    return Credit(ResultCode.SUCCESS, outcome, cost=cost, currency=outcome.told.currency)


def _whole(request: CreditControl, outcome: Outcome) -> ResultCode:
    """The code of the request as a whole.

    Of several services it is success as soon as one may go on, and whenever the session itself
    goes on or ends: what each may do stands with it. So it is where service is not ended but
    redirected or restricted.
    """
    asked = [each for each in outcome.results if each.is_asked]
    if not asked or request.type is RequestType.TERMINATION:
        return ResultCode.SUCCESS
    codes = [code_of(each) for each in asked]
    goes_on = request.is_multiple and request.type is RequestType.UPDATE
    is_graceful = request.type is RequestType.UPDATE and all(each.is_graceful for each in asked)
    if goes_on or is_graceful or ResultCode.SUCCESS in codes:
        return ResultCode.SUCCESS
    return codes[0]


def _name_of(tenant: str, request: CreditControl) -> str:
    """A session's name; of an event, with its number."""
    said = [tenant, request.session_id]
    if request.type is RequestType.EVENT:
        said += ["event", str(request.number)]
    return f"dcc-{blake2b(chr(0).join(said).encode(), digest_size=16).hexdigest()}"
