"""What running sessions are told by the door: a body becomes a command, or is refused."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from connectors.api.commands import Asked, WrongField
from connectors.api.limits import RequestLimits
from connectors.api.session_routes import SignalForm
from connectors.api.session_routes import signal_sessions as signal
from streams.model.instant import SECOND
from streams.model.session_command import SignalSessions

NOON = 1_767_268_800_000_000
ASKED = Asked("acme", "ada", "", "family", "c-1", NOON)


def test_all_sessions_of_an_account_are_meant_where_nothing_is_said() -> None:
    assert signal(SignalForm(action="terminate"), ASKED) == SignalSessions(
        "c-1", "acme", "ada", "family", "terminate", NOON
    )


def test_one_session_is_told_how_to_go_on() -> None:
    said = SignalForm(
        action="throttle", session="one", value="64kbps", reason="fair use", cause="policy", grace=5
    )
    assert signal(said, ASKED) == SignalSessions(
        "c-1",
        "acme",
        "ada",
        "family",
        "throttle",
        NOON,
        "one",
        value="64kbps",
        reason="fair use",
        cause="policy",
        grace=5 * SECOND,
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"grace": -1}, "grace"),
        ({"grace": 3_601}, "grace"),
        ({"session": "x" * 300}, "session"),
        ({"value": "\n"}, "value"),
        ({"reason": "x" * 300}, "reason"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongField) as wrong:
        signal(SignalForm(action="terminate", **said), ASKED)
    assert wrong.value.field == field


@pytest.mark.parametrize(("kind", "is_cut"), [(b"text/event-stream", False), (b"text/html", True)])
def test_a_stream_of_events_may_last_longer_than_a_request(kind: bytes, is_cut: bool) -> None:
    sent: list[Message] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"end"})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        app = RequestLimits(slow, request_s_max=0.05)
        await app({"type": "http", "headers": []}, receive, send)

    if is_cut:
        with pytest.raises(TimeoutError):
            asyncio.run(run())
    else:
        asyncio.run(run())
    assert len(sent) == (1 if is_cut else 2)
