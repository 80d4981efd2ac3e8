"""Language model tokens: leaves that exclude each other, prices for a million, markups."""

from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import Draft, Words
from tests.cases.fields import Fields, UnknownField, each

_KINDS: Final = {
    "input": "input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
    "input_audio": "input_audio_tokens",
    "cache_audio_read": "cache_read_audio_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_output_tokens",
    "output_audio": "output_audio_tokens",
}
"""Kind of a case → unit of the catalog: `<kind>_tokens` are used, `<kind>_per_mtok` is a price."""

_PARTS: Final = (
    ("cache_read", ("cache_audio_read",)),
    ("input_audio", ("cache_audio_read",)),
    ("input", ("cache_read", "cache_write", "input_audio", "cache_audio_read")),
    ("output", ("reasoning", "output_audio")),
)
"""Kinds of which others are a part, innermost first."""

INPUT: Final = [_KINDS[kind] for kind in ("input", *_PARTS[2][1])]
OUTPUT: Final = [_KINDS[kind] for kind in ("output", *_PARTS[3][1])]
_RULE: Final = (
    "strictly above the start, all tokens of the request take the tier price;"
    " the tier is chosen by input tokens"
)


def token_units(attributes: Fields) -> dict[str, Decimal]:
    """The token counts among an event's attributes; cached tokens are part of the input."""
    found = {
        kind: Decimal(attributes.take(f"{kind}_tokens"))
        for kind in _KINDS
        if f"{kind}_tokens" in attributes
    }
    for whole, parts in _PARTS:
        if whole in found:
            found[whole] -= sum((found.get(part, Decimal(0)) for part in parts), Decimal(0))
    return {_KINDS[kind]: quantity for kind, quantity in found.items()}


def token_price(price: Fields) -> Words:
    """The price kind of `…_per_mtok` fields, each a number or `{base, tiers}`."""
    amounts: dict[str, str] = {}
    contexts: dict[Decimal, dict[str, str]] = {}
    for kind, unit in _KINDS.items():
        name = f"{kind}_per_mtok"
        value = price.take(name)
        if isinstance(value, dict):
            stepped = Fields(value, f"{price.path}.{name}")
            for tier in each(stepped.take("tiers", []), f"{stepped.path}.tiers"):
                above = tier.number("above")
                contexts.setdefault(above, {})[unit] = tier.take("price")
                tier.done()
            value = stepped.take("base")
            stepped.done()
        if value is not None:
            amounts[unit] = value
    words: Words = {"amounts": amounts, "per": "1000000"}
    if contexts:
        words["contexts"] = [
            {"above": str(above), "amounts": contexts[above]} for above in sorted(contexts)
        ]
    return {"llm_tokens": words}


def threshold_rule(draft: Draft, given: Fields) -> None:
    """The rule that contexts follow; there is only one."""
    rule = given.take("threshold_rule")
    if rule != _RULE:
        raise UnknownField(f"given.threshold_rule: {rule!r}")


def markup(draft: Draft, given: Fields) -> None:
    """`markup_percent` by model, by provider, and for all others.

    A model's own markup comes before its provider's. A case that names one provider has no models
    of another: its events do not say whose they are.
    """
    rows: list[Words] = []
    for name, percent in Fields(given.take("markup_percent"), "given.markup_percent").rest():
        word, _, value = name.partition(":")
        row: dict[str, Any] = {"percent": percent}
        if value:
            row["when"] = {word: value}
            draft.attributes.add(word)
        rows.append(row)
    rows.sort(key=lambda row: "model" not in row.get("when", {}))
    providers = [row["when"]["provider"] for row in rows if "provider" in row.get("when", {})]
    if len(providers) == 1:
        for event in draft.events:
            event.attributes.setdefault("provider", providers[0])
    for row in draft.plan.rows:
        row["llm_tokens"]["markup"] = rows
