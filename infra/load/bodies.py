"""LLM usage as CloudEvents: the usage bodies of four provider APIs, and OTel GenAI attributes.

Parents include their children, as providers count: cached tokens are part of the prompt's, and
reasoning tokens of the completion's, except where the API says otherwise (Anthropic, Google).
"""

from random import Random
from typing import NamedTuple

_ENVELOPE = (
    b'{"specversion":"1.0","id":"%s","source":"/gateway/%d","type":"llm.completion",'
    b'"subject":"%s","time":"%s","datacontenttype":"application/json",'
    b'"data":{"provider":"%s","model":"%s","status":%d,"usage":%s}}'
)
_CHAT = (
    b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
    b'"prompt_tokens_details":{"cached_tokens":%d},'
    b'"completion_tokens_details":{"reasoning_tokens":%d}}'
)
_RESPONSES = (
    b'{"input_tokens":%d,"output_tokens":%d,"total_tokens":%d,'
    b'"input_tokens_details":{"cached_tokens":%d},'
    b'"output_tokens_details":{"reasoning_tokens":%d}}'
)
_ANTHROPIC = (
    b'{"input_tokens":%d,"cache_read_input_tokens":%d,'
    b'"cache_creation_input_tokens":%d,"output_tokens":%d}'
)
_GOOGLE = (
    b'{"promptTokenCount":%d,"cachedContentTokenCount":%d,'
    b'"candidatesTokenCount":%d,"thoughtsTokenCount":%d}'
)
_OTEL = (
    b'{"specversion":"1.0","id":"%s","source":"/gateway/%d","type":"gen_ai.client.operation",'
    b'"subject":"%s","time":"%s","datacontenttype":"application/json",'
    b'"data":{"gen_ai.operation.name":"chat","gen_ai.provider.name":"%s",'
    b'"gen_ai.request.model":"%s","gen_ai.response.model":"%s",'
    b'"gen_ai.usage.input_tokens":%d,"gen_ai.usage.cache_read.input_tokens":%d,'
    b'"gen_ai.usage.cache_creation.input_tokens":%d,"gen_ai.usage.output_tokens":%d,'
    b'"gen_ai.usage.reasoning.output_tokens":%d}}'
)

MODELS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"openai", (b"gpt-4o", b"gpt-4o-mini", b"gpt-4o-2024-08-06")),
    (b"anthropic", (b"claude-sonnet-4-5", b"claude-haiku-4-5")),
    (b"google", (b"gemini-2.5-pro", b"gemini-2.5-flash")),
)
"""Providers and models that the example catalog prices; some by an alias."""
UNPRICED_MODEL = b"model-without-price"
_OPENAI, _ANTHROPIC_PROVIDER, _GOOGLE_PROVIDER = range(3)


class Envelope(NamedTuple):
    """What names an event: its id, whose service made it, when."""

    event_id: bytes
    subject: bytes
    time: bytes


def llm_event(rng: Random, envelope: Envelope, *, status: int = 200, priced: bool = True) -> bytes:
    """One completion in the shape of a random provider API."""
    event_id, subject, time = envelope
    prompt = 10 + int(rng.random() * 4000)
    cached = int(prompt * rng.random() * 0.5)
    completion = 1 + int(rng.random() * 900)
    reasoning = int(completion * rng.random() * 0.4)
    shape = int(rng.random() * 5)
    provider = (_OPENAI, _OPENAI, _ANTHROPIC_PROVIDER, _GOOGLE_PROVIDER, prompt % 3)[shape]
    name, models = MODELS[provider]
    model = models[completion % len(models)] if priced else UNPRICED_MODEL
    gateway = prompt % 7
    if shape == 4 and status == 200:
        sums = (prompt, cached, 0, completion, reasoning)
        return _OTEL % (event_id, gateway, subject, time, name, model, model, *sums)
    if shape == 2:
        usage = _ANTHROPIC % (prompt, cached, reasoning, completion)
    elif shape == 3:
        usage = _GOOGLE % (prompt, cached, completion, reasoning)
    else:
        total = prompt + completion
        shaped = _RESPONSES if shape == 1 or provider != _OPENAI else _CHAT
        usage = shaped % (prompt, completion, total, cached, reasoning)
    return _ENVELOPE % (event_id, gateway, subject, time, name, model, status, usage)
