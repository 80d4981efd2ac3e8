"""Usage bodies as model providers return them → token leaves.

Hosts serve each other's interfaces (Azure answers in Anthropic's words, everybody in OpenAI's), so
the kind is told by the names in the body and not by the provider; a platform may name the API.
"""

from collections.abc import Callable, Mapping
from typing import Final

from streams.model.event import UsageEvent
from streams.model.mediation import LlmUsageSplit
from streams.outcome import Drop, Emit, Reject, RejectReason
from streams.plain.fields import compile_path
from streams.plain.values import shown, wrong_type
from streams.split.tokens import TokenBody, compile_token_split

BODIES: Final[Mapping[str, TokenBody]] = {
    "chat": TokenBody(
        input="prompt_tokens",
        input_details="prompt_tokens_details",
        cache_read="cached_tokens",
        cache_creation="cache_write_tokens",
        output="completion_tokens",
        output_details="completion_tokens_details",
        reasoning="reasoning_tokens",
    ),
    "responses": TokenBody(
        input="input_tokens",
        input_details="input_tokens_details",
        cache_read="cached_tokens",
        cache_creation="cache_write_tokens",
        output="output_tokens",
        output_details="output_tokens_details",
        reasoning="reasoning_tokens",
    ),
    "anthropic": TokenBody(
        input="input_tokens",
        cache_read="cache_read_input_tokens",
        cache_creation="cache_creation_input_tokens",
        caches_beside=True,
        output="output_tokens",
        output_details="output_tokens_details",
        reasoning="thinking_tokens",
    ),
    "google": TokenBody(
        input="promptTokenCount",
        tool_input="toolUsePromptTokenCount",
        cache_read="cachedContentTokenCount",
        output="candidatesTokenCount",
        reasoning="thoughtsTokenCount",
        reasoning_beside=True,
    ),
    "embeddings": TokenBody(input="prompt_tokens"),
}
"""By API: what its bodies look like."""

_TELLING: Final = (
    ("prompt_tokens", "chat"),
    ("cache_read_input_tokens", "anthropic"),
    ("cache_creation_input_tokens", "anthropic"),
    ("input_tokens", "responses"),
    ("output_tokens", "responses"),
    ("completion_tokens", "chat"),
    ("promptTokenCount", "google"),
    ("candidatesTokenCount", "google"),
    ("thoughtsTokenCount", "google"),
)
"""The first name that a body has tells its API."""


def compile_llm_usage(rule: LlmUsageSplit) -> Callable[[UsageEvent], Drop | Reject | None]:
    """The splitter of a platform whose records hold a provider's usage body."""
    field = rule.body
    get_body = compile_path(field)
    get_api = compile_path(rule.api) if rule.api else None
    splits = {api: compile_token_split(body, prefix=f"{field}.") for api, body in BODIES.items()}
    telling = tuple((name, splits[api]) for name, api in _TELLING)

    def split_usage(event: UsageEvent) -> Drop | Reject | None:
        body = get_body(event.plain)
        if type(body) is not dict:
            return wrong_type(body, field, "a usage body")
        api = get_api(event.plain) if get_api else None
        split = splits.get(api) if type(api) is str else None
        if split is None:
            for name, told in telling:
                if name in body:
                    split = told
                    break
            else:
                detail = f"{field} holds no token counts that are known: {shown(sorted(body))}"
                return Reject(RejectReason.MISSING_FIELD, detail, field)
        outcome = split(body)
        if type(outcome) is not Emit:
            return outcome
        event.usages = outcome.records
        return None

    return split_usage
