"""OpenAI's chat completions, which many others speak too."""

from typing import Any, Final

from connectors.proxy.dialect import Body, Dialect, Part, as_bearer, bearer_of
from connectors.proxy.events import DONE, document_of, event_of
from connectors.proxy.tokens import Used, estimated, usage_reader, with_output

_usage = usage_reader("chat")


def prepare(body: Body) -> Body:
    """Ask for the usage block that a stream ends with."""
    if not body.get("stream"):
        return body
    options = body.get("stream_options")
    told = options if isinstance(options, dict) else {}
    return {**body, "stream_options": {**told, "include_usage": True}}


class ChatReader:
    """One stream of chunks. The usage block is passed on only where the caller asked for it."""

    def __init__(self, body: Body, input_tokens: int) -> None:
        options = body.get("stream_options")
        self._is_asked = bool(isinstance(options, dict) and options.get("include_usage"))
        self._input_tokens = input_tokens
        self._head: Body = {"object": "chat.completion.chunk", "model": body.get("model", "")}
        self._running: set[int] = set()
        self._ended: set[int] = set()  # by the event that was read last
        self._usage: Used | None = None

    def read(self, event: bytes) -> Part:
        """What to pass on of an event."""
        chunk = document_of(event)
        if chunk is None:
            return Part(event)
        self._running, self._ended = self._running - self._ended, set()
        self._head |= {name: chunk[name] for name in ("id", "created", "model") if name in chunk}
        self._usage = _usage(chunk.get("usage")) or self._usage
        choices = chunk.get("choices") or []
        if not choices and chunk.get("usage") and not self._is_asked:
            return Part(b"")
        return Part(event, sum(self._tokens(each) for each in choices))

    def ending(self, counted: int) -> bytes:
        """Every choice that runs has reached its length."""
        head = {"id": "chatcmpl-ended", "created": 0} | self._head
        cut = [
            {"index": each, "delta": {}, "finish_reason": "length"}
            for each in sorted(self._running)
        ]
        told = [event_of({**head, "choices": cut})]
        if self._is_asked:
            usage = {
                "prompt_tokens": self._input_tokens,
                "completion_tokens": counted,
                "total_tokens": self._input_tokens + counted,
            }
            told.append(event_of({**head, "choices": [], "usage": usage}))
        return b"".join([*told, DONE])

    def used(self, counted: int) -> Used:
        """What to charge."""
        if self._usage is not None:
            return self._usage
        return with_output(None, input_tokens=self._input_tokens, output_tokens=counted)

    def _tokens(self, choice: Any) -> int:
        index, delta = choice.get("index", 0), choice.get("delta") or {}
        self._running.add(index)
        if choice.get("finish_reason"):
            self._ended.add(index)
        return sum(estimated(text) for text in _texts(delta))


def _texts(delta: Body) -> list[str]:
    """Whatever the model wrote: text, refusals, reasoning, names and arguments of calls."""
    written = [delta.get(name) for name in ("content", "refusal", "reasoning_content", "reasoning")]
    for call in delta.get("tool_calls") or []:
        function = call.get("function") or {}
        written += [function.get("name"), function.get("arguments")]
    return [text for text in written if isinstance(text, str)]


def error(status: int, code: str, message: str) -> Body:
    """An error as OpenAI tells it."""
    kind = "insufficient_quota" if status == 402 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


DIALECT: Final = Dialect(
    path="/v1/chat/completions",
    provider="openai",
    limits=("max_completion_tokens", "max_tokens"),
    inputs=("messages", "tools", "functions", "response_format"),
    key_of=bearer_of,
    signed=as_bearer,
    prepare=prepare,
    reader=ChatReader,
    used_of=lambda answer: _usage(answer.get("usage")),
    error=error,
)
