"""The door of converged charging: create, update, release; problems with a cause.

It keeps nothing: a session's name is made of the request that created it, so that the same request
sent again creates the same session and gets the first answer, from whatever process it reaches.
"""

from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from typing import Final, NoReturn
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.api.keys import ApiKey, KeyStore, Scope
from connectors.api.problems import Problem
from connectors.errors import Refused
from connectors.trade.charging import SessionVerb, TermsBook, Told, Worker
from connectors.trade.dialogue import CLOCK, Dialogue, Outcome, Result, converse
from connectors.trade.nchf.answers import charging_data
from connectors.trade.nchf.door import json_answer, key_of, problem
from connectors.trade.nchf.forms import Read, read
from connectors.trade.nchf.notify import DOOR
from connectors.trade.notices import gateway_of
from streams.model.instant import Instant, instant_of

ROOT: Final = "/nchf-convergedcharging/v3/chargingdata"
_IMMEDIATE: Final = ("", "IEC", "PEC")


class ConvergedCharging:
    """Answers network functions, over the worker that serves the subscriber's account."""

    def __init__(
        self,
        worker: Worker,
        terms: TermsBook,
        keys: KeyStore,
        *,
        trusts_clocks: bool = False,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._trusts_clocks = trusts_clocks
        self._worker = worker
        self._terms = terms
        self._keys = keys
        self._now = now

    async def create(self, request: Request) -> Response:
        """Open a session and grant what it asks for; of a one-time event, charge it."""
        key, secret = key_of(request, self._keys)
        found = read(await request.body())
        tenant = _tenant_of(found, key)
        name = _name_of(tenant, key, found)
        asked = found.request
        if asked.one_time_event and asked.one_time_event_type not in _IMMEDIATE:
            detail = f"expected IEC or PEC, found {asked.one_time_event_type}"
            raise problem(HTTPStatus.BAD_REQUEST, "OPTIONAL_IE_INCORRECT", detail)
        verb: SessionVerb = "debit" if asked.one_time_event else "reserve"
        outcome = await self._converse(verb, name, found, tenant=tenant, secret=secret)
        if outcome.is_refused:
            _refuse(outcome)
        location = f"{request.url.scheme}://{request.url.netloc}{ROOT}/{quote(name)}"
        answer = charging_data(asked, outcome, at=self._now())
        return json_answer(answer, HTTPStatus.CREATED, {"Location": location})

    async def update(self, request: Request) -> Response:
        """Take a report, grant what is asked for next."""
        key, secret = key_of(request, self._keys)
        found = read(await request.body())
        tenant, name = _tenant_of(found, key), request.path_params["reference"]
        outcome = await self._converse("extend", name, found, tenant=tenant, secret=secret)
        return json_answer(charging_data(found.request, outcome, at=self._now()))

    async def release(self, request: Request) -> Response:
        """Take the last report, charge the session, give the rest back."""
        key, secret = key_of(request, self._keys)
        found = read(await request.body())
        tenant, name = _tenant_of(found, key), request.path_params["reference"]
        await self._converse("confirm", name, found, tenant=tenant, secret=secret)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def routes(self) -> list[Route]:
        """What is asked where."""
        return [
            Route(ROOT, self.create, methods=["POST"]),
            Route(f"{ROOT}/{{reference}}/update", self.update, methods=["POST"]),
            Route(f"{ROOT}/{{reference}}/release", self.release, methods=["POST"]),
        ]

    async def _converse(
        self, verb: SessionVerb, name: str, found: Read, *, tenant: str, secret: str
    ) -> Outcome:
        asked = found.request
        if not asked.subscriber_identifier:
            detail = "subscriberIdentifier is missing: it tells whose account serves the session."
            raise problem(HTTPStatus.BAD_REQUEST, "MANDATORY_IE_MISSING", detail)
        usages = [each.asked() for each in asked.multiple_unit_usage]
        dialogue = Dialogue(
            tenant,
            secret,
            name,
            asked.subscriber_identifier,
            asked.invocation_sequence_number,
            usages,
            found.fact,
            gateway_of(DOOR, asked.notify_uri),
            instant_of(asked.invocation_time_stamp) if self._trusts_clocks else None,
        )
        try:
            terms = await self._terms.of(tenant)
        except Refused as error:
            detail = str(error)
            raise problem(HTTPStatus.FORBIDDEN, "CHARGING_NOT_APPLICABLE", detail) from error
        outcome = await converse(self._worker, terms, verb, dialogue)
        if not outcome.is_served:
            _fail(outcome.told)
        return outcome


def _tenant_of(found: Read, key: ApiKey) -> str:
    """The key's tenant; of a key for all of them, the one that the request names."""
    tenant = key.tenant or found.request.tenant_identifier
    named = found.request.tenant_identifier or tenant
    if not tenant:
        detail = "tenantIdentifier is missing: the API key is one for every tenant."
        raise problem(HTTPStatus.BAD_REQUEST, "MANDATORY_IE_MISSING", detail)
    if named != tenant or not key.allows(Scope.WRITE, tenant):
        raise Problem(HTTPStatus.FORBIDDEN, "The API key does not reach this far.")
    return tenant


def _name_of(tenant: str, key: ApiKey, found: Read) -> str:
    said = b"\0".join((tenant.encode(), key.key_id.encode(), found.content))
    return f"nchf-{blake2b(said, digest_size=16).hexdigest()}"


def _refuse(outcome: Outcome) -> NoReturn:
    """Nothing of what was asked for is granted."""
    cause = "QUOTA_LIMIT_REACHED"
    if any(each.result is Result.DENIED for each in outcome.results):
        cause = "END_USER_REQUEST_DENIED"
    detail = outcome.told.detail or "Money, credit or allowances do not cover it."
    raise problem(HTTPStatus.FORBIDDEN, cause, detail)


def _fail(told: Told) -> NoReturn:
    """Why a request was not served at all."""
    if told.code == CLOCK:
        raise problem(HTTPStatus.BAD_REQUEST, "MANDATORY_IE_INCORRECT", told.detail)
    match told.status:
        case HTTPStatus.MISDIRECTED_REQUEST:
            raise problem(HTTPStatus.NOT_FOUND, "USER_UNKNOWN", "No account serves it.")
        case HTTPStatus.NOT_FOUND:
            raise problem(HTTPStatus.NOT_FOUND, "CONTEXT_NOT_FOUND", told.detail)
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            raise problem(HTTPStatus.FORBIDDEN, "CHARGING_NOT_APPLICABLE", told.detail)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise Problem(told.status, told.detail)
        case HTTPStatus.CONFLICT:
            raise problem(HTTPStatus.CONFLICT, "INVOCATION_SEQUENCE_INCORRECT", told.detail)
        case _:
            raise problem(HTTPStatus.BAD_REQUEST, "CHARGING_FAILED", told.detail)
