"""The door: the table of routes behind keys and limits, served by uvicorn."""

import logging
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from connectors import clock
from connectors.api.gateway import Gateway, GatewaySettings
from connectors.api.keys import ApiKey, KeyStore
from connectors.api.limits import RequestLimits
from connectors.api.openapi import openapi_document
from connectors.api.problems import Problem, problem_response
from connectors.api.route import Route, json_answer
from connectors.api.routes import ROUTES
from connectors.errors import Refused, Unavailable
from connectors.kafka.registry import NotRegistered
from connectors.orderly import OrderlyServer

_log: Any = structlog.get_logger()


def build(settings: GatewaySettings, routes: tuple[Route, ...] = ROUTES) -> Starlette:
    """The application of these settings. Raises Unavailable where no engine is named."""
    gateway = Gateway(settings)
    document = openapi_document(
        (*routes, _document_route(lambda: document)), version=version("vivace")
    )
    table = (*routes, _document_route(lambda: document))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.doors.close()
        gateway.close()

    return Starlette(
        routes=[_mounted(route, gateway) for route in table],
        middleware=[Middleware(RequestLimits)],
        exception_handlers={
            HTTPException: _http_error,
            Problem: _problem,
            NotRegistered: _not_registered,
            Unavailable: _unavailable,
            Refused: _refused,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )


def _document_route(document: Callable[[], dict[str, Any]]) -> Route:
    async def get_openapi(request: Request, gateway: Gateway) -> Response:
        return json_answer(document())

    return Route(
        path="/openapi.json",
        answering=get_openapi,
        summary="This document",
        scope=None,
        answer=None,
    )


def _mounted(route: Route, gateway: Gateway) -> StarletteRoute:
    async def endpoint(request: Request) -> Response:
        request.state.key = _key_of(request, gateway)
        _check(route, request.state.key, request, gateway)
        return await route.answering(request, gateway)

    return StarletteRoute(route.path, endpoint, methods=[route.method], name=route.operation_id)


def _key_of(request: Request, gateway: Gateway) -> ApiKey | None:
    """The caller's key. Raises Problem where one is presented that is none of ours."""
    presented = _presented(request)
    if not presented:
        return None
    key = gateway.keys.find(presented)
    if key is None:
        raise _unauthorized("This key is not known, or was revoked.")
    return key


def _presented(request: Request) -> str:
    """The key's text: a bearer token, the password of Basic (as registry clients send it), or
    header `X-API-Key`."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return text.strip()
        case "basic":
            try:
                return b64decode(text, validate=True).decode().partition(":")[2]
            except ValueError as error:
                raise _unauthorized("The password of Basic is no text in base64.") from error
        case _:
            return request.headers.get("x-api-key", "")


def _unauthorized(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


def _check(route: Route, key: ApiKey | None, request: Request, gateway: Gateway) -> None:
    if route.scope is None or (route.registry and gateway.settings.registry_open):
        return
    if key is None:
        raise _unauthorized("Send an API key as `Authorization: Bearer …`.")
    tenant = request.path_params.get("tenant", "")
    if route.registry or key.allows(route.scope, tenant):
        return
    reach = f"tenant {key.tenant}" if key.tenant else "every tenant"
    raise Problem(
        HTTPStatus.FORBIDDEN, f"This key may {key.scope} for {reach}; that does not reach here."
    )


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return problem_response(HTTPStatus(error.status_code), error.detail, headers=headers)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _not_registered(_: Request, error: Exception) -> Response:
    """A problem that also has the members that the registry's clients look for."""
    assert isinstance(error, NotRegistered)
    return problem_response(
        HTTPStatus.NOT_FOUND, str(error), error_code=error.error_code, message=str(error)
    )


async def _unavailable(_: Request, error: Exception) -> Response:
    _log.warning("unavailable", error=str(error))
    return problem_response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Something that this answer needs is away; try again.",
        headers={"Retry-After": "1"},
    )


async def _refused(_: Request, error: Exception) -> Response:
    return problem_response(HTTPStatus.BAD_REQUEST, str(error))


async def _unexpected(_: Request, error: Exception) -> Response:
    _log.error("request failed", exc_info=error)
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "This is our fault; it is logged.")


def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM. Raises Unavailable where no engine is named."""
    if KeyStore(settings.data).create_first(at=clock.now()):
        _log.info("first admin key made; `vivace key first` shows it once")
    config = uvicorn.Config(
        build(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=5,
        limit_concurrency=256,
        server_header=False,
    )
    OrderlyServer(config).run()
