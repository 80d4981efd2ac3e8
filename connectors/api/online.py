"""Charging sessions by the gateway: a request goes on to the worker that serves the account."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from connectors.api.gateway import Gateway
from connectors.api.keys import Scope
from connectors.api.problems import Problem
from connectors.api.route import TENANT, Route
from connectors.online.forms import BalanceBody, RefundBody, RequestBody

_PASSED: Final = ("authorization", "idempotency-key", "vivace-lease")
_TOLD: Final = ("content-type", "idempotency-hit", "retry-after", "www-authenticate")


class RestrictionBody(Struct, frozen=True, kw_only=True):
    """What bounds a service: a budget, a number of sessions or a policy, and what it does.

    With `downgrade` it was granted with the attributes `instead`; at `retry_at` asking again may
    help.
    """

    kind: str
    name: str
    action: str
    level: str = ""
    instead: dict[str, str] = {}
    rate: str = ""
    retry_at: str = ""


class BalanceLeftBody(Struct, frozen=True, kw_only=True):
    """A bucket: what is available, and what sessions have set aside."""

    account: str
    resource: str
    bucket: str
    remaining: str
    reserved: str
    start: str = ""
    end: str = ""


class BudgetLeftBody(Struct, frozen=True, kw_only=True):
    """A budget in its window now: `value` is whose part of it, where it is kept apart."""

    budget: str
    level: str
    value: str
    limit: str
    used: str
    reserved: str
    start: str = ""
    end: str = ""


class ThresholdStatusBody(Struct, frozen=True, kw_only=True):
    """Where a threshold stands: `status` is the catalog's word for the levels that are reached, or
    the last of these levels itself, or clear.

    Where it is of a period, `then` is the status that it has from its `end` on, if that is known.
    """

    threshold: str
    status: str
    value: str
    start: str = ""
    end: str = ""
    then: str = ""


class ServiceAnswerBody(Struct, frozen=True, kw_only=True):
    """What became of one service: `granted` by unit, and what that costs; of a refund, what has
    come back by resource.

    Ask again once `ask_again_at` of the last unit is left, and `ask_again_before` seconds before
    the end. `final_unit` says what to do after a last grant; at `tariff_change` the tariff changes.
    """

    rating_group: str
    usage_type: str
    code: str
    granted: dict[str, str]
    amount: str
    final: bool
    detail: str = ""
    restriction: RestrictionBody | None = None
    final_unit: dict[str, str] = {}
    ask_again_at: str = ""
    ask_again_before: int = 0
    tariff_change: str = ""
    trigger: str = ""


class SessionAnswer(Struct, frozen=True, kw_only=True):
    """What became of a request. `valid_until`: ask again before.

    Without use for `inactive_after` seconds it is settled; `control` is what it was last told.
    `lease` is the grant, signed.
    """

    code: str
    services: list[ServiceAnswerBody]
    currency: str = ""
    valid_until: str = ""
    detail: str = ""
    balances: list[BalanceLeftBody] = []
    budgets: list[BudgetLeftBody] = []
    thresholds: list[ThresholdStatusBody] = []
    inactive_after: int = 0
    control: dict[str, str] = {}
    lease: str = ""


class _Whose(Struct, frozen=True):
    service_id: Annotated[str, Meta(max_length=256)] = ""


_whose = msgspec.json.Decoder(_Whose).decode


async def _forward(request: Request, gateway: Gateway) -> Response:
    body = await request.body()
    try:
        service_id = _whose(body).service_id
    except msgspec.MsgspecError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from error
    headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
    path = str(request.scope.get("raw_path", b"").decode("ascii")) or request.url.path
    tenant = request.path_params["tenant"]
    answer = await gateway.doors.send(path, body, headers, tenant=tenant, service_id=service_id)
    if answer.status_code == HTTPStatus.MISDIRECTED_REQUEST:
        raise Problem(HTTPStatus.NOT_FOUND, f"No worker knows service {service_id} of {tenant}.")
    told = {name: answer.headers[name] for name in _TOLD if name in answer.headers}
    told["vivace-door"] = f"{answer.url.scheme}://{answer.url.netloc.decode('ascii')}"
    return Response(answer.content, answer.status_code, headers=told)


async def check(request: Request, gateway: Gateway) -> Response:
    """What could be granted now, and its price; nothing changes."""
    return await _forward(request, gateway)


async def debit(request: Request, gateway: Gateway) -> Response:
    """Charge at once, whole or not at all; by its Idempotency-Key."""
    return await _forward(request, gateway)


async def refund(request: Request, gateway: Gateway) -> Response:
    """Give back what a debit or an ended session has cost, by an Idempotency-Key of its own."""
    return await _forward(request, gateway)


async def balance(request: Request, gateway: Gateway) -> Response:
    """What is available now, and what is left of budgets."""
    return await _forward(request, gateway)


async def reserve(request: Request, gateway: Gateway) -> Response:
    """Open a session: grant units and set aside what they cost."""
    return await _forward(request, gateway)


async def extend(request: Request, gateway: Gateway) -> Response:
    """Report what was used, ask for more."""
    return await _forward(request, gateway)


async def lease(request: Request, gateway: Gateway) -> Response:
    """Reserve, or extend, by a signed grant: its bearer may decide by it until it ends."""
    return await _forward(request, gateway)


async def confirm(request: Request, gateway: Gateway) -> Response:
    """Report the last use, charge the session, give the rest back."""
    return await _forward(request, gateway)


async def release(request: Request, gateway: Gateway) -> Response:
    """End a session without more use."""
    return await _forward(request, gateway)


_SESSION: Final = f"{TENANT}/sessions/{{session}}"

ROUTES: Final = tuple(
    Route(
        path=path,
        answering=answering,
        summary=(answering.__doc__ or "").rstrip("."),
        scope=Scope.WRITE,
        method="POST",
        answer=SessionAnswer,
        body=body,
    )
    for path, answering, body in (
        (f"{TENANT}/check", check, RequestBody),
        (f"{TENANT}/balance", balance, BalanceBody),
        (f"{TENANT}/debit", debit, RequestBody),
        (f"{TENANT}/refund", refund, RefundBody),
        (f"{_SESSION}/reserve", reserve, RequestBody),
        (f"{_SESSION}/extend", extend, RequestBody),
        (f"{_SESSION}/lease", lease, RequestBody),
        (f"{_SESSION}/confirm", confirm, RequestBody),
        (f"{_SESSION}/release", release, RequestBody),
    )
)
