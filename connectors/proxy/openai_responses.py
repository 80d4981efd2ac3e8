"""OpenAI's responses."""

from typing import Final

from connectors.proxy.dialect import Body, Dialect, Part, as_bearer, bearer_of
from connectors.proxy.events import document_of, event_of
from connectors.proxy.openai_chat import error
from connectors.proxy.tokens import Used, estimated, usage_reader, with_output

_usage = usage_reader("responses")


class ResponseReader:
    """One stream of events of a response."""

    def __init__(self, body: Body, input_tokens: int) -> None:
        self._input_tokens = input_tokens
        self._response: Body = {
            "id": "resp_ended",
            "object": "response",
            "model": body.get("model", ""),
            "output": [],
        }
        self._item: Body | None = None
        self._text = ""
        self._next = ""  # read, and not passed on before the event after it is read
        self._number = 0
        self._usage: Used | None = None

    def read(self, event: bytes) -> Part:
        """What to pass on of an event."""
        told = document_of(event)
        if told is None:
            return Part(event)
        self._text, self._next = self._text + self._next, ""
        kind, number = str(told.get("type", "")), told.get("sequence_number")
        self._number = number if isinstance(number, int) else self._number + 1
        if isinstance(told.get("response"), dict):
            self._response = told["response"]
            self._usage = _usage(self._response.get("usage")) or self._usage
        if kind == "response.output_item.added":
            self._item, self._text = told.get("item"), ""
        if kind == "response.output_item.done":
            self._response.setdefault("output", []).append(told.get("item"))
            self._item = None
        delta = told.get("delta")
        if not kind.endswith(".delta") or not isinstance(delta, str):
            return Part(event)
        self._next = delta if kind == "response.output_text.delta" else ""
        return Part(event, estimated(delta))

    def ending(self, counted: int) -> bytes:
        """The response is incomplete: it has reached its length."""
        output = list(self._response.get("output") or [])
        if self._item is not None and self._item.get("type") == "message":
            written = {"type": "output_text", "text": self._text, "annotations": []}
            output.append({**self._item, "status": "incomplete", "content": [written]})
        response = {
            **self._response,
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": output,
            "usage": {
                "input_tokens": self._input_tokens,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": counted,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": self._input_tokens + counted,
            },
        }
        name = "response.incomplete"
        document = {"type": name, "sequence_number": self._number + 1, "response": response}
        return event_of(document, name=name)

    def used(self, counted: int) -> Used:
        """What to charge."""
        if self._usage is not None:
            return self._usage
        return with_output(None, input_tokens=self._input_tokens, output_tokens=counted)


DIALECT: Final = Dialect(
    path="/v1/responses",
    provider="openai",
    limits=("max_output_tokens",),
    inputs=("input", "instructions", "tools", "text"),
    key_of=bearer_of,
    signed=as_bearer,
    prepare=lambda body: body,
    reader=ResponseReader,
    used_of=lambda answer: _usage(answer.get("usage")),
    error=error,
)
