"""OpenTelemetry GenAI attributes → token leaves; their totals include cached and reasoning ones."""

from collections.abc import Callable
from typing import Final

from streams.model.event import UsageEvent
from streams.model.mediation import OtelGenAiSplit
from streams.outcome import Drop, Emit, Reject
from streams.plain.fields import compile_path
from streams.plain.values import wrong_type
from streams.split.tokens import TokenBody, compile_token_split

BODY: Final = TokenBody(
    input="gen_ai.usage.input_tokens",
    cache_read="gen_ai.usage.cache_read.input_tokens",
    cache_creation="gen_ai.usage.cache_creation.input_tokens",
    output="gen_ai.usage.output_tokens",
    reasoning="gen_ai.usage.reasoning.output_tokens",
)


def compile_otel_genai(rule: OtelGenAiSplit) -> Callable[[UsageEvent], Drop | Reject | None]:
    """The splitter of a platform whose records hold `gen_ai.usage.*` attributes."""
    field = rule.body
    get_body = compile_path(field)
    split = compile_token_split(BODY, prefix=f"{field}.")

    def split_usage(event: UsageEvent) -> Drop | Reject | None:
        body = get_body(event.plain)
        if type(body) is not dict:
            return wrong_type(body, field, "an object of attributes")
        outcome = split(body)
        if not isinstance(outcome, Emit):
            return outcome
        event.usages = outcome.records
        return None

    return split_usage
