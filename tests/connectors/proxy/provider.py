"""A model provider in this process: the wire shapes of three interfaces, and words of one token."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.infra.waiting import until

CACHED, REASONING = 2, 3


@contextmanager
def served(application: Starlette) -> Iterator[str]:
    """The application on a port of its own; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(application, log_level="error", timeout_graceful_shutdown=3)
    )
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    until(lambda: server.started, within_s=10)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Told:
    """What the provider has counted for one request."""

    body: dict[str, Any]
    headers: dict[str, str]
    prompt: int
    written: int = 0
    is_whole: bool = False


@dataclass
class Provider:
    """`pause_s` between two tokens; a request writes as many tokens as its last message says."""

    pause_s: float = 0.0
    fails: int = 0
    requests: list[Told] = field(default_factory=list)

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/responses", self._responses, methods=["POST"]),
                Route("/v1/messages", self._messages, methods=["POST"]),
            ]
        )

    async def _told(self, request: Request, said: str) -> tuple[Told, int] | Response:
        body = json.loads(await request.body())
        told = Told(body, dict(request.headers), prompt=20)
        self.requests.append(told)
        if self.fails:
            return JSONResponse({"error": {"message": "no", "type": "x"}}, self.fails)
        wanted = body[said] if isinstance(body[said], str) else body[said][-1]["content"]
        limits = ("max_completion_tokens", "max_tokens", "max_output_tokens")
        limit = next((body[name] for name in limits if name in body), 10**9)
        return told, min(int(wanted), limit)

    async def _words(self, told: Told, count: int) -> AsyncIterator[str]:
        for number in range(count):
            told.written += 1
            yield f"w{number % 1000:03}"
            await asyncio.sleep(self.pause_s)
        told.is_whole = True

    # OpenAI: chat completions

    async def _chat(self, request: Request) -> Response:
        found = await self._told(request, "messages")
        if isinstance(found, Response):
            return found
        told, count = found
        head = {"id": "chatcmpl-1", "created": 1, "model": told.body["model"]}
        if told.body.get("stream"):
            return StreamingResponse(
                self._chat_events(told, head, count), media_type="text/event-stream"
            )
        words = [word async for word in self._words(told, count)]
        message = {"role": "assistant", "content": "".join(words)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {"object": "chat.completion", "choices": [choice], "usage": _chat_usage(told)}
        return JSONResponse({**head, **whole})

    async def _chat_events(
        self, told: Told, head: dict[str, Any], count: int
    ) -> AsyncIterator[bytes]:
        options = told.body.get("stream_options") or {}

        def chunk(choices: list[Any], **more: Any) -> bytes:
            return _data({**head, "object": "chat.completion.chunk", "choices": choices, **more})

        def choice(delta: dict[str, str], finish: str | None = None) -> list[Any]:
            return [{"index": 0, "delta": delta, "finish_reason": finish}]

        yield chunk(choice({"role": "assistant", "content": ""}))
        async for word in self._words(told, count):
            yield chunk(choice({"content": word}))
        yield chunk(choice({}, "stop"))
        if options.get("include_usage"):
            yield chunk([], usage=_chat_usage(told))
        yield b"data: [DONE]\r\n\r\n"

    # OpenAI: responses

    async def _responses(self, request: Request) -> Response:
        found = await self._told(request, "input")
        if isinstance(found, Response):
            return found
        told, count = found
        if told.body.get("stream"):
            return StreamingResponse(
                self._response_events(told, count), media_type="text/event-stream"
            )
        words = [word async for word in self._words(told, count)]
        return JSONResponse(_response(told, "completed", "".join(words)))

    async def _response_events(self, told: Told, count: int) -> AsyncIterator[bytes]:
        number = iter(range(10**9))

        def event(name: str, **more: Any) -> bytes:
            return _data({"type": name, "sequence_number": next(number), **more}, name)

        item = {"id": "m", "type": "message", "role": "assistant", "content": []}
        place = {"item_id": "m", "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        yield event("response.created", response=_response(told, "in_progress", ""))
        yield event(
            "response.output_item.added", output_index=0, item={**item, "status": "in_progress"}
        )
        yield event("response.content_part.added", **place, part=part)
        text = ""
        async for word in self._words(told, count):
            text += word
            yield event("response.output_text.delta", **place, delta=word, logprobs=[])
        yield event("response.output_text.done", **place, text=text, logprobs=[])
        whole = _response(told, "completed", text)
        yield event("response.output_item.done", output_index=0, item=whole["output"][0])
        yield event("response.completed", response=whole)

    # Anthropic: messages

    async def _messages(self, request: Request) -> Response:
        found = await self._told(request, "messages")
        if isinstance(found, Response):
            return found
        told, count = found
        if told.body.get("stream"):
            return StreamingResponse(
                self._message_events(told, count), media_type="text/event-stream"
            )
        words = [word async for word in self._words(told, count)]
        return JSONResponse(_message(told, "".join(words), "end_turn"))

    async def _message_events(self, told: Told, count: int) -> AsyncIterator[bytes]:
        def event(name: str, **more: Any) -> bytes:
            return _data({"type": name, **more}, name)

        yield event("message_start", message=_message(told, "", None))
        yield event("ping")
        block = {"type": "text", "text": ""}
        yield event("content_block_start", index=0, content_block=block)
        async for word in self._words(told, count):
            delta = {"type": "text_delta", "text": word}
            yield event("content_block_delta", index=0, delta=delta)
        yield event("content_block_stop", index=0)
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        yield event("message_delta", delta=delta, usage={"output_tokens": told.written})
        yield event("message_stop")


def _chat_usage(told: Told) -> dict[str, Any]:
    return {
        "prompt_tokens": told.prompt,
        "prompt_tokens_details": {"cached_tokens": CACHED},
        "completion_tokens": told.written,
        "completion_tokens_details": {"reasoning_tokens": min(REASONING, told.written)},
        "total_tokens": told.prompt + told.written,
    }


def _response(told: Told, status: str, text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "m", "type": "message", "role": "assistant", "status": status, "content": [part]}
    usage = {
        "input_tokens": told.prompt,
        "input_tokens_details": {"cached_tokens": CACHED},
        "output_tokens": told.written,
        "output_tokens_details": {"reasoning_tokens": min(REASONING, told.written)},
        "total_tokens": told.prompt + told.written,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": told.body["model"],
        "status": status,
        "output": [item] if text else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage if status == "completed" else None,
    }


def _message(told: Told, text: str, stop: str | None) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": told.body["model"],
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": told.prompt - CACHED,
            "cache_read_input_tokens": CACHED,
            "cache_creation_input_tokens": 0,
            "output_tokens": told.written or 1,
        },
    }


def _data(document: Any, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(document)}\n\n".encode()
