"""How many tokens there are: exactly by a provider's usage block, else by what was sent."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from streams.model.usage import Usage
from streams.outcome import Emit, Outcome
from streams.split.llm_usage import BODIES
from streams.split.tokens import INPUT, OUTPUT, compile_token_split

BYTES_A_TOKEN: Final = 4
"""A token of usual text has about four bytes."""

Used = dict[str, int]
"""Tokens by unit, no token in two of them."""


def estimated(text: str) -> int:
    """Tokens of a text that came as one part: one at least, where there is any."""
    return -(-len(text.encode()) // BYTES_A_TOKEN)


def estimated_input(body: Mapping[str, Any], names: tuple[str, ...]) -> int:
    """Tokens of what is sent to a model: all of these members of the request, as JSON."""
    said = [body[name] for name in names if name in body]
    return estimated(json.dumps(said, ensure_ascii=False)) if said else 0


def usage_reader(api: str) -> Callable[[Any], Used | None]:
    """Reads the usage blocks of one API into units; None where there is none to be read."""
    split: Callable[[dict[str, Any]], Outcome[Usage]] = compile_token_split(
        BODIES[api], prefix="usage."
    )

    def read(block: Any) -> Used | None:
        if not isinstance(block, dict):
            return None
        outcome = split(block)
        if not isinstance(outcome, Emit):
            return None
        return {usage.unit: int(usage.quantity) for usage in outcome.records}

    return read


def with_output(known: Used | None, *, input_tokens: int, output_tokens: int) -> Used:
    """What is charged where the provider told no end: its count of the input, if any, and ours."""
    before = {INPUT: input_tokens} if known is None else dict(known)
    kept = {unit: count for unit, count in before.items() if unit.startswith((INPUT, "cache"))}
    return kept | {OUTPUT: output_tokens}
