"""Limits of one request: how large its body may be, how long it may take."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.api.problems import problem_response

BODY_BYTES_MAX: Final = 1024 * 1024
REQUEST_S_MAX: Final = 30.0


class _TooLarge(Exception):
    """More bytes came than a body may have."""


class RequestLimits:
    """Answers 413 to a body that is too large, said or found, and 503 to what takes too long.

    A stream of events may take as long as it likes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_bytes_max: int = BODY_BYTES_MAX,
        request_s_max: float = REQUEST_S_MAX,
    ) -> None:
        self._app = app
        self._body_bytes_max = body_bytes_max
        self._request_s_max = request_s_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = False

        async def note_start(message: Message) -> None:
            nonlocal began
            began = True
            if _is_stream(message):
                limit.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._request_s_max) as limit:
                await self._app(scope, self._counted(scope, receive), note_start)
        except (_TooLarge, TimeoutError) as error:
            if began:
                raise
            await self._answer(error)(scope, receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        said = dict(scope["headers"]).get(b"content-length", b"0")
        received = 0

        async def count() -> Message:
            nonlocal received
            if said.isdigit() and int(said) > self._body_bytes_max:
                raise _TooLarge
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._body_bytes_max:
                raise _TooLarge
            return message

        return count

    def _answer(self, error: Exception) -> ASGIApp:
        if isinstance(error, _TooLarge):
            return problem_response(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"A body may have {self._body_bytes_max} bytes.",
            )
        return problem_response(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"Not answered within {self._request_s_max:g} s; try again.",
            headers={"Retry-After": "1"},
        )


def _is_stream(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    kind: bytes = dict(message["headers"]).get(b"content-type", b"")
    return kind.startswith(b"text/event-stream")
