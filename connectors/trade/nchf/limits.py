"""The door of spending limits (TS 29.594): who follows which thresholds of a subscriber's account.

A subscription is a session that follows thresholds: the owner of the account keeps it, and says
what changes. The door keeps nothing: the name of a subscription is made of what it asks for, and
says whose it is; requests are numbered by the clock, so that a later one counts.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final, NamedTuple, NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.api.keys import ApiKey, KeyStore, Scope
from connectors.api.problems import Problem
from connectors.errors import Refused, Unavailable
from connectors.trade.charging import Call, SessionVerb, TermsBook, Told, Worker, ask
from connectors.trade.nchf.door import json_answer, key_of, problem
from connectors.trade.nchf.limit_forms import (
    Holder,
    SpendingLimitContext,
    holder_of,
    notice_of,
    read_context,
    spending_limits,
)
from connectors.trade.nchf.notify import Notifier
from streams.model.instant import DAY, SECOND, Instant, instant_of
from streams.model.session_command import SessionCommand

ROOT: Final = "/nchf-spendinglimitcontrol/v1/subscriptions"
VALID_FOR_S: Final = 7 * DAY // SECOND
"""How long a subscription is valid at most, and where none is asked for."""


class Subscription(NamedTuple):
    """A subscription by its name, and the service id whose account it follows."""

    name: str
    service_id: str

    @property
    def reference(self) -> str:
        """The last part of its address."""
        whose = urlsafe_b64encode(self.service_id.encode()).decode().rstrip("=")
        return f"{self.name}.{whose}"

    @classmethod
    def read(cls, reference: str) -> "Subscription":
        """The subscription at an address. Raises Problem where there can be none."""
        name, _, whose = reference.partition(".")
        try:
            padded = whose + "=" * (-len(whose) % 4)
            service_id = urlsafe_b64decode(padded.encode("ascii")).decode()
        except ValueError as error:
            raise _not_found(f"no subscription has the name {reference[:100]}") from error
        if not name or not service_id:
            raise _not_found(f"no subscription has the name {reference[:100]}")
        return cls(name, service_id)


class SpendingLimits:
    """Answers policy functions, over the worker that serves the subscriber's account."""

    def __init__(
        self,
        worker: Worker,
        terms: TermsBook,
        keys: KeyStore,
        notifier: Notifier,
        *,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._worker = worker
        self._terms = terms
        self._keys = keys
        self._notifier = notifier
        self._now = now

    async def subscribe(self, request: Request) -> Response:
        """Begin to follow; where the counters stand."""
        key, secret = self._key_of(request)
        context = read_context(await request.body())
        service_id = await self._service_of(context, key)
        subscription = Subscription(_name_of(key, context), service_id)
        told = await self._ask("reserve", subscription, (key, secret), context)
        location = f"{request.url.scheme}://{request.url.netloc}{ROOT}/{subscription.reference}"
        return json_answer(told, HTTPStatus.CREATED, {"Location": location})

    async def change(self, request: Request) -> Response:
        """Follow what is asked for from now on; where it stands."""
        key, secret = self._key_of(request)
        subscription = Subscription.read(request.path_params["reference"])
        context = read_context(await request.body())
        if await self._service_of(context, key) != subscription.service_id:
            detail = "The subscription is of another subscriber."
            raise problem(HTTPStatus.BAD_REQUEST, "OPTIONAL_IE_INCORRECT", detail)
        return json_answer(await self._ask("extend", subscription, (key, secret), context))

    async def unsubscribe(self, request: Request) -> Response:
        """Follow no more."""
        key, secret = self._key_of(request)
        subscription = Subscription.read(request.path_params["reference"])
        told = await self._send("release", subscription, (key, secret), {})
        if told.code != "success":
            _fail(told, None)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def routes(self) -> list[Route]:
        """What is asked where."""
        return [
            Route(ROOT, self.subscribe, methods=["POST"]),
            Route(f"{ROOT}/{{reference}}", self.change, methods=["PUT"]),
            Route(f"{ROOT}/{{reference}}", self.unsubscribe, methods=["DELETE"]),
        ]

    async def bring(self, command: SessionCommand, place: str) -> bool:
        """Post a notice to the holder; True where it came, or there is nothing to tell."""
        holder = holder_of(place)
        notice = None if holder is None else notice_of(command, holder)
        if holder is None or notice is None:
            return True
        path, body = notice
        return await self._notifier.post(f"{holder.uri.rstrip('/')}/{path}", body)

    def _key_of(self, request: Request) -> tuple[ApiKey, str]:
        key, secret = key_of(request, self._keys)
        if not key.tenant or not key.allows(Scope.WRITE, key.tenant):
            detail = "The API key does not reach this far: expected one that may write, of a tenant"
            raise Problem(HTTPStatus.FORBIDDEN, detail)
        return key, secret

    async def _service_of(self, context: SpendingLimitContext, key: ApiKey) -> str:
        if not context.subscribers:
            detail = "supi is missing, and gpsi: they tell whose account it is."
            raise problem(HTTPStatus.BAD_REQUEST, "MANDATORY_IE_MISSING", detail)
        try:
            terms = await self._terms.of(key.tenant)
        except Refused as error:
            cause = "NO_AVAILABLE_POLICY_COUNTERS"
            raise problem(HTTPStatus.BAD_REQUEST, cause, str(error)) from error
        return terms.service_id(terms.known(context.subscribers))

    async def _ask(
        self,
        verb: SessionVerb,
        subscription: Subscription,
        asks: tuple[ApiKey, str],
        context: SpendingLimitContext,
    ) -> dict[str, Any]:
        told = await self._send(
            verb,
            subscription,
            asks,
            {
                "follow": context.policy_counter_ids or [],
                "valid_for": self._valid_for(context),
                "gateway": self._gateway_of(context),
            },
        )
        if told.code != "success":
            _fail(told, context)
        return spending_limits(context, told.thresholds, expiry=told.valid_until)

    async def _send(
        self,
        verb: SessionVerb,
        subscription: Subscription,
        asks: tuple[ApiKey, str],
        body: dict[str, Any],
    ) -> Told:
        key, secret = asks
        call = Call(verb, key.tenant, secret, subscription.name)
        asked = {"service_id": subscription.service_id, "sequence": self._now(), **body}
        return await ask(self._worker, call, asked)

    def _valid_for(self, context: SpendingLimitContext) -> int:
        if context.expiry is None:
            return VALID_FOR_S
        left = (instant_of(context.expiry) - self._now()) // SECOND
        if left < 1:
            detail = f"expiry: expected a time to come, found {context.expiry.isoformat()}"
            raise problem(HTTPStatus.BAD_REQUEST, "OPTIONAL_IE_INCORRECT", detail)
        return min(left, VALID_FOR_S)

    def _gateway_of(self, context: SpendingLimitContext) -> str:
        """Who is told; refused where nobody could be, but it is asked for."""
        if not context.notif_uri:
            return ""
        if not self._notifier.allows(context.notif_uri):
            detail = "notifUri: nchf_notify of the settings does not allow this address."
            raise problem(HTTPStatus.BAD_REQUEST, "OPTIONAL_IE_INCORRECT", detail)
        holder = Holder(context.subscribers[0], context.notif_id, context.notif_uri)
        if not holder.gateway:
            detail = "notifUri: it is too long to be kept with supi and notifId."
            raise problem(HTTPStatus.BAD_REQUEST, "OPTIONAL_IE_INCORRECT", detail)
        return holder.gateway


def _name_of(key: ApiKey, context: SpendingLimitContext) -> str:
    """Made of what is asked for, by whom: the same again is the same subscription."""
    names = sorted(context.policy_counter_ids or ())
    told = (key.tenant, key.key_id, context.supi, context.gpsi, context.notif_uri, context.notif_id)
    said = "\0".join((*told, *names)).encode()
    return f"nchf-limits-{blake2b(said, digest_size=16).hexdigest()}"


def _fail(told: Told, context: SpendingLimitContext | None) -> NoReturn:
    """Why a request was not served."""
    match told.code:
        case "unknown_threshold":
            _refuse(told, context)
        case "unknown_session" | "terminated":
            raise _not_found(told.detail or "The subscription has ended.")
        case "out_of_order" | "idempotency_conflict":
            raise Unavailable("another request of the subscription has a later number")
        case "session_limit_reached":
            status, cause = HTTPStatus.INTERNAL_SERVER_ERROR, "INSUFFICIENT_RESOURCES"
            raise problem(status, cause, told.detail)
        case _:
            pass
    if told.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Problem(told.status, told.detail)
    if told.status == HTTPStatus.BAD_REQUEST:
        raise problem(told.status, "INVALID_MSG_FORMAT", told.detail)
    if told.status == HTTPStatus.MISDIRECTED_REQUEST and context is None:
        raise _not_found("No account serves its subscriber.")
    detail = told.detail or "No account serves the subscriber."
    raise problem(HTTPStatus.BAD_REQUEST, "USER_UNKNOWN", detail)


def _refuse(told: Told, context: SpendingLimitContext | None) -> NoReturn:
    """Counters that are asked for are not there, or none is."""
    there = {each["threshold"] for each in told.thresholds}
    asked = () if context is None else context.policy_counter_ids or ()
    unknown = [name for name in asked if name not in there]
    if not unknown:
        cause = "NO_AVAILABLE_POLICY_COUNTERS"
        raise problem(HTTPStatus.BAD_REQUEST, cause, "The subscriber has no policy counters.")
    params = [{"param": name, "reason": "no such policy counter"} for name in unknown]
    detail = f"The subscriber has no policy counter {', '.join(unknown)}."
    raise problem(HTTPStatus.BAD_REQUEST, "UNKNOWN_POLICY_COUNTERS", detail, invalidParams=params)


def _not_found(detail: str) -> Problem:
    return problem(HTTPStatus.NOT_FOUND, "SUBSCRIPTION_NOT_FOUND", detail)
