"""Anthropic's messages."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.proxy.dialect import Body, Dialect, Part, bearer_of
from connectors.proxy.events import document_of, event_of
from connectors.proxy.tokens import Used, estimated, usage_reader, with_output

_usage = usage_reader("anthropic")
_ERRORS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    429: "rate_limit_error",
}


class MessageReader:
    """One stream of events of a message. Its beginning tells the input exactly, its end all."""

    def __init__(self, _: Body, input_tokens: int) -> None:
        self._input_tokens = input_tokens
        self._running: list[int] = []
        self._told: Body = {}
        self._is_whole = False

    def read(self, event: bytes) -> Part:
        """What to pass on of an event."""
        told = document_of(event) or {}
        match told.get("type"):
            case "message_start":
                self._note(told.get("message", {}).get("usage"))
            case "content_block_start":
                self._running.append(told.get("index", 0))
            case "content_block_stop" if told.get("index", 0) in self._running:
                self._running.remove(told.get("index", 0))
            case "content_block_delta":
                return Part(event, sum(estimated(text) for text in _texts(told.get("delta", {}))))
            case "message_delta":
                self._note(told.get("usage"))
                self._is_whole = True
        return Part(event)

    def ending(self, counted: int) -> bytes:
        """The message has reached its length."""
        delta = {"stop_reason": "max_tokens", "stop_sequence": None}
        told = [
            *(_event("content_block_stop", index=each) for each in self._running),
            _event("message_delta", delta=delta, usage={"output_tokens": counted}),
            _event("message_stop"),
        ]
        return b"".join(told)

    def used(self, counted: int) -> Used:
        """What to charge."""
        known = _usage(self._told)
        if known is not None and self._is_whole:
            return known
        return with_output(known, input_tokens=self._input_tokens, output_tokens=counted)

    def _note(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self._told |= {name: value for name, value in usage.items() if value is not None}


def _event(name: str, **more: Any) -> bytes:
    return event_of({"type": name, **more}, name=name)


def _texts(delta: Body) -> list[str]:
    written = (delta.get(name) for name in ("text", "partial_json", "thinking"))
    return [text for text in written if isinstance(text, str)]


def _key_of(headers: Mapping[str, str]) -> str:
    return headers.get("x-api-key", "") or bearer_of(headers)


def error(status: int, code: str, message: str) -> Body:
    """An error as Anthropic tells it."""
    kind = _ERRORS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": f"{message} ({code})"}}


DIALECT: Final = Dialect(
    path="/v1/messages",
    provider="anthropic",
    limits=("max_tokens",),
    inputs=("messages", "system", "tools"),
    key_of=_key_of,
    signed=lambda key: {"x-api-key": key},
    prepare=lambda body: body,
    reader=MessageReader,
    used_of=lambda answer: _usage(answer.get("usage")),
    error=error,
)
