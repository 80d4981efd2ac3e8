"""Usage bodies of providers are cut to leaves; no token stands in two, none is lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.event import UsageEvent
from streams.model.mediation import LlmUsageSplit, OtelGenAiSplit
from streams.outcome import Drop, DropReason, Reject, RejectReason
from streams.split.llm_usage import BODIES, compile_llm_usage
from streams.split.otel_genai import compile_otel_genai
from streams.split.tokens import (
    CACHE_CREATION,
    CACHE_READ,
    INPUT,
    OUTPUT,
    REASONING,
    TokenBody,
)

Verdict = Drop | Reject | None

_LLM = compile_llm_usage(LlmUsageSplit(body="usage", api="api"))
_OTEL = compile_otel_genai(OtelGenAiSplit(body="usage"))


def split(body: Any, *, api: Any = None, otel: bool = False) -> tuple[dict[str, Any], Verdict]:
    event = UsageEvent({"usage": body, "api": api}, "s", "e", "k", 0, 0, (), {})
    verdict = (_OTEL if otel else _LLM)(event)
    return {usage.unit: usage.quantity for usage in event.usages}, verdict


def leaves(**counts: int) -> dict[str, int]:
    return counts


CHAT = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20, "audio_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 10},
}
RESPONSES = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 30},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 10},
}
ANTHROPIC = {
    "input_tokens": 50,
    "cache_read_input_tokens": 30,
    "cache_creation_input_tokens": 20,
    "output_tokens": 50,
    "output_tokens_details": {"thinking_tokens": 10},
}
GOOGLE = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 30,
    "toolUsePromptTokenCount": 7,
    "candidatesTokenCount": 40,
    "thoughtsTokenCount": 10,
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            CHAT,
            leaves(
                input_tokens=50,
                cache_read_input_tokens=30,
                cache_creation_input_tokens=20,
                output_tokens=40,
                reasoning_output_tokens=10,
            ),
        ),
        (
            RESPONSES,
            leaves(
                input_tokens=70,
                cache_read_input_tokens=30,
                output_tokens=40,
                reasoning_output_tokens=10,
            ),
        ),
        (
            ANTHROPIC,
            leaves(
                input_tokens=50,
                cache_read_input_tokens=30,
                cache_creation_input_tokens=20,
                output_tokens=40,
                reasoning_output_tokens=10,
            ),
        ),
        (
            GOOGLE,
            leaves(
                input_tokens=77,
                cache_read_input_tokens=30,
                output_tokens=40,
                reasoning_output_tokens=10,
            ),
        ),
        ({"prompt_tokens": 8, "total_tokens": 8}, leaves(input_tokens=8)),
        ({"input_tokens": 8, "output_tokens": 2}, leaves(input_tokens=8, output_tokens=2)),
        ({"prompt_tokens": 8, "": 5}, leaves(input_tokens=8)),
        ({"completion_tokens": 3, "prompt_tokens": None}, leaves(output_tokens=3)),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, leaves(input_tokens=5)),
    ],
)
def test_body_is_told_by_its_names(body: dict[str, Any], expected: dict[str, int]) -> None:
    assert split(body) == (expected, None)


def test_named_api_goes_before_the_names() -> None:
    assert split(CHAT | {"": 5}, api="embeddings") == (leaves(input_tokens=100), None)
    assert split(ANTHROPIC, api="responses")[0] == leaves(input_tokens=50, output_tokens=50)
    assert split(CHAT, api="default") == split(CHAT)


def test_otel_attributes_are_split_the_same_way() -> None:
    body = {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 30,
        "gen_ai.usage.cache_creation.input_tokens": 20,
        "gen_ai.usage.output_tokens": 50,
        "gen_ai.usage.reasoning.output_tokens": 10,
    }
    assert split(body, otel=True) == split(CHAT)


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (None, RejectReason.MISSING_FIELD, "usage"),
        ([], RejectReason.WRONG_TYPE, "usage"),
        ({}, RejectReason.MISSING_FIELD, "usage"),
        ({"total_tokens": 5}, RejectReason.MISSING_FIELD, "usage"),
        (
            {"prompt_tokens": None},
            RejectReason.MISSING_FIELD,
            "usage.prompt_tokens or usage.completion_tokens",
        ),
        ({"input_tokens": "5"}, RejectReason.WRONG_TYPE, "usage.input_tokens"),
        ({"input_tokens": True}, RejectReason.WRONG_TYPE, "usage.input_tokens"),
        ({"output_tokens": -1}, RejectReason.NEGATIVE_QUANTITY, "usage.output_tokens"),
        ({"output_tokens": 10**19}, RejectReason.NUMBER_TOO_LARGE, "usage.output_tokens"),
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}},
            RejectReason.NEGATIVE_QUANTITY,
            "usage.prompt_tokens_details.cached_tokens",
        ),
        (
            {"output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 2}},
            RejectReason.NEGATIVE_QUANTITY,
            "usage.output_tokens_details.reasoning_tokens",
        ),
    ],
)
def test_bad_body_has_a_code_and_names_the_field(
    body: Any, reason: RejectReason, field: str
) -> None:
    _leaves, verdict = split(body)
    assert isinstance(verdict, Reject)
    assert (verdict.reason, verdict.field) == (reason, field)


def test_no_tokens_are_ignored() -> None:
    assert split({"input_tokens": 0, "output_tokens": 0}) == (
        {},
        Drop(DropReason.ZERO_USAGE, "no tokens"),
    )


COUNT = st.integers(0, 10**6)


@given(COUNT, COUNT, COUNT, COUNT, COUNT, st.sampled_from(["chat", "anthropic", "google"]))
def test_leaves_sum_to_what_the_provider_counted(
    fresh: int, cached: int, created: int, answer: int, reasoning: int, api: str
) -> None:
    whole_out = answer + reasoning
    bodies = {
        "chat": {
            "prompt_tokens": fresh + cached + created,
            "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": created},
            "completion_tokens": whole_out,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        },
        "anthropic": {
            "input_tokens": fresh,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": created,
            "output_tokens": whole_out,
            "output_tokens_details": {"thinking_tokens": reasoning},
        },
        "google": {
            "promptTokenCount": fresh + cached + created,
            "cachedContentTokenCount": cached + created,
            "candidatesTokenCount": answer,
            "thoughtsTokenCount": reasoning,
        },
    }
    found, _verdict = split(bodies[api])
    assert sum(found.values()) == fresh + cached + created + whole_out
    assert all(count > 0 for count in found.values())
    assert found.get("input_tokens", 0) == fresh
    assert found.get("reasoning_output_tokens", 0) == reasoning
    assert set(found) <= {INPUT, CACHE_READ, CACHE_CREATION, OUTPUT, REASONING}


def _names(body: TokenBody) -> list[str]:
    return [name for name in msgspec.structs.astuple(body) if isinstance(name, str) and name]


@given(
    st.dictionaries(
        st.sampled_from(sorted({name for body in BODIES.values() for name in _names(body)})),
        st.none()
        | st.integers()
        | st.floats()
        | st.text()
        | st.lists(st.none())
        | st.dictionaries(st.sampled_from(["cached_tokens", "reasoning_tokens"]), st.integers()),
    )
)
def test_any_body_ends_in_leaves_or_a_verdict(body: dict[str, Any]) -> None:
    found, verdict = split(body)
    assert bool(found) == (verdict is None)
