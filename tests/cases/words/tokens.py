"""Language model tokens: leaves that exclude each other, prices for a million, markups."""

from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import Draft, Words
from tests.cases.fields import Fields, UnknownField, each

_UNITS: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
    "reasoning_tokens": "reasoning_output_tokens",
}
"""Attribute of a case → unit of the catalog."""

_PRICES: Final = {
    "input_per_mtok": "input_tokens",
    "output_per_mtok": "output_tokens",
    "cache_read_per_mtok": "cache_read_input_tokens",
    "cache_write_per_mtok": "cache_creation_input_tokens",
    "reasoning_per_mtok": "reasoning_output_tokens",
}
INPUT: Final = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
OUTPUT: Final = ["output_tokens", "reasoning_output_tokens"]
_RULE: Final = (
    "strictly above the start, all tokens of the request take the tier price;"
    " the tier is chosen by input tokens"
)


def token_units(attributes: Fields) -> dict[str, Decimal]:
    """The token counts among an event's attributes; cached tokens are part of the input."""
    found = {
        unit: Decimal(attributes.take(name)) for name, unit in _UNITS.items() if name in attributes
    }
    for total, parts in (("input_tokens", INPUT[1:]), ("output_tokens", OUTPUT[1:])):
        if total in found:
            found[total] -= sum((found.get(part, Decimal(0)) for part in parts), Decimal(0))
    return found


def token_price(price: Fields) -> Words:
    """The price kind of `…_per_mtok` fields, each a number or `{base, tiers}`."""
    amounts: dict[str, str] = {}
    contexts: dict[Decimal, dict[str, str]] = {}
    for name, unit in _PRICES.items():
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

    A case that names one provider has no models of another: its events do not say whose they are.
    """
    rows: list[Words] = []
    for name, percent in Fields(given.take("markup_percent"), "given.markup_percent").rest():
        word, _, value = name.partition(":")
        row: dict[str, Any] = {"percent": percent}
        if value:
            row["when"] = {word: value}
            draft.attributes.add(word)
        rows.append(row)
    providers = [row["when"]["provider"] for row in rows if "provider" in row.get("when", {})]
    if len(providers) == 1:
        for event in draft.events:
            event.attributes.setdefault("provider", providers[0])
    for row in draft.plan.rows:
        row["llm_tokens"]["markup"] = rows
