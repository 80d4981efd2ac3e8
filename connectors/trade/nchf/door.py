"""What the services of charging have in common: who asks, how answers and problems are told."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.api.keys import ApiKey, KeyStore
from connectors.api.limits import RequestLimits
from connectors.api.problems import Problem, problem_response
from connectors.errors import Refused, Unavailable

_log: Any = structlog.get_logger()
BODY_BYTES_MAX: Final = 64 * 1024
REQUEST_S_MAX: Final = 12.0


def app_of(routes: Iterable[Route]) -> Starlette:
    """The application that a server serves."""
    limits = Middleware(RequestLimits, body_bytes_max=BODY_BYTES_MAX, request_s_max=REQUEST_S_MAX)
    return Starlette(
        routes=[*routes],
        middleware=[limits],
        exception_handlers={
            HTTPException: _http_error,
            Problem: _told,
            Refused: _refused,
            Unavailable: _unavailable,
            Exception: _unexpected,
        },
    )


def key_of(request: Request, keys: KeyStore) -> tuple[ApiKey, str]:
    """The API key that asks, and as it was sent. Raises Problem."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    secret = text.strip()
    key = keys.find(secret) if scheme.lower() == "bearer" else None
    if key is None:
        detail = "A bearer token is needed: an API key that may write."
        raise Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
    return key, secret


def problem(status: HTTPStatus, cause: str, detail: str, **more: Any) -> Problem:
    """A problem with its cause."""
    return Problem(status, detail, cause=cause, **more)


def json_answer(
    answer: Any, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    """An answer with a body."""
    return Response(
        msgspec.json.encode(answer), int(status), headers, media_type="application/json"
    )


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _refused(_: Request, error: Exception) -> Response:
    return problem_response(HTTPStatus.BAD_REQUEST, str(error), cause="INVALID_MSG_FORMAT")


async def _unavailable(_: Request, error: Exception) -> Response:
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The account's owner is moving, opening or away: send the same again.",
        headers={"Retry-After": "1"},
        cause="NF_CONGESTION",
    )


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return problem_response(status, error.detail, headers=dict(error.headers or {}))


async def _unexpected(_: Request, error: Exception) -> Response:
    _log.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem_response(status, "This is our fault; it is logged.", cause="SYSTEM_FAILURE")
