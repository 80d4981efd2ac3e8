"""Price models: the fields of each as the catalog's price kind of one unit."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import MONEY, Draft, Words, text_of
from tests.cases.fields import Fields, NotYet, UnknownField, each
from tests.cases.words.calls import call_price
from tests.cases.words.tokens import token_price

_TIER: Final = ("up_to", "unit_amount", "flat_amount", "rate_percent")
_COUNTS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_AT_ONCE: Final = "per event in advance"
"""When each event is charged: as it comes."""


def price(draft: Draft, given: Fields) -> None:
    """`price`: one model for all usage."""
    unit, model = _unit_of(draft), Fields(given.take("price"), "given.price")
    if model.take("billing", _AT_ONCE) != _AT_ONCE:
        raise NotYet("charges that wait for their invoice")
    draft.plan.rows.append(price_row(draft, model, unit))


def prices(draft: Draft, given: Fields) -> None:
    """`prices`: a list is charged together; by meter each for its own; else of tokens."""
    value = given.take("prices")
    rows = draft.plan.rows
    if isinstance(value, list):
        unit = _unit_of(draft)
        parts = [price_row(draft, part, unit) for part in each(value, "given.prices")]
        rows.append({"composite": {"parts": parts}})
    elif any(name.endswith("_per_mtok") for name in value):
        fields = Fields(value, "given.prices")
        rows.append(token_price(fields))
        fields.done()
    else:
        _by_meter(draft, value)


def price_row(draft: Draft, model: Fields, unit: str) -> Words:
    """The price of a model, without conditions."""
    name = model.take("model")
    if name not in _MODELS:
        raise UnknownField(f"{model.path}.model: {name!r}")
    row = _MODELS[name](draft, model, unit)
    model.done()
    return row


def _unit_of(draft: Draft) -> str:
    """What is measured: the quantity, or the money that the events bring."""
    return draft.unit if any(e.quantity is not None for e in draft.events) else MONEY


def _by_meter(draft: Draft, value: dict[str, Any]) -> None:
    for event in draft.events:
        if event.meter and event.quantity is not None:
            event.units[event.meter], event.quantity = event.quantity, None
    for meter, model in value.items():
        fields = Fields(model, f"given.prices.{meter}")
        draft.plan.rows.append(price_row(draft, fields, meter))


def _flat(draft: Draft, model: Fields, unit: str) -> Words:
    return {"flat": {"amount": model.take("amount"), "units": [unit]}}


def _per_unit(draft: Draft, model: Fields, unit: str) -> Words:
    return {"per_unit": {"amounts": {unit: model.take("unit_amount")}}}


def _known_rate(draft: Draft, model: Fields, unit: str) -> Words:
    """A volume price of which one rate is known: `unit_amount_at_<quantity>`."""
    rates = [value for name, value in model.rest() if name.startswith("unit_amount_at_")]
    if len(rates) != 1:
        raise UnknownField(f"{model.path}: expected one unit_amount_at_<quantity>")
    return {"per_unit": {"amounts": {unit: rates[0]}}}


def _package(draft: Draft, model: Fields, unit: str) -> Words:
    words = {
        "unit": unit,
        "size": model.take("size"),
        "amount": model.take("amount", "1"),
        "rounding": model.take("rounding", "up"),
        "reference": draft.reference(unit),
    }
    if "free_units" in model:
        words["free_units"] = model.take("free_units")
    return {"package": words}


def _tiers(model: Fields, name: str = "tiers") -> list[Words]:
    tiers: list[Words] = []
    for tier in each(model.take(name), f"{model.path}.{name}"):
        words = {word: tier.take(word) for word in _TIER if word in tier}
        tiers.append({word: value for word, value in words.items() if value is not None})
        tier.done()
    return tiers


def _graduated(draft: Draft, model: Fields, unit: str) -> Words:
    tiers = _tiers(model)
    return {"graduated": {"unit": unit, "tiers": tiers, "reference": draft.reference(unit)}}


def _volume(draft: Draft, model: Fields, unit: str) -> Words:
    if "tier_reached" in model:
        reached = Fields(model.take("tier_reached"), f"{model.path}.tier_reached")
        tiers = [{"unit_amount": reached.take("unit_amount")}]
        reached.done()
    else:
        tiers = _tiers(model)
    return {"volume": {"unit": unit, "tiers": tiers, "reference": draft.reference(unit)}}


def _stairstep(draft: Draft, model: Fields, unit: str) -> Words:
    """Steps with bounds, or only how many of them were reached: then they lie evenly below."""
    if "tiers" in model:
        tiers = [
            {word: value for word, value in tier.items() if word != "unit_amount"}
            for tier in _tiers(model)
        ]
    else:
        amounts, bounds = model.take("step_amounts"), model.take("bounds")
        counted = re.fullmatch(r"(\w+) steps? reached", bounds)
        if counted is None or counted[1] not in _COUNTS:
            raise UnknownField(f"{model.path}.bounds: {bounds!r}")
        reached = _COUNTS.index(counted[1]) + 1
        total = sum((e.quantity or e.amount or Decimal(0) for e in draft.events), Decimal(0))
        tiers = [
            {"up_to": text_of(total * number / reached), "flat_amount": amount}
            for number, amount in enumerate(amounts, start=1)
        ]
        tiers[-1].pop("up_to")
    words = {"unit": unit, "tiers": tiers, "mode": "cumulative", "reference": draft.reference(unit)}
    return {"stairstep": words}


def _blocks(draft: Draft, model: Fields, unit: str) -> Words:
    tiers = []
    for tier in each(model.take("tiers"), f"{model.path}.tiers"):
        tiers.append(
            {word: tier.take(word) for word in ("block_size", "max_blocks", "block_amount")}
        )
        tier.done()
    return {
        "blocks": {
            "unit": unit,
            "tiers": tiers,
            "policy": model.take("policy"),
            "reference": draft.reference(unit),
        }
    }


def _capacity(draft: Draft, model: Fields, unit: str) -> Words:
    tiers = []
    for tier in each(model.take("tiers"), f"{model.path}.tiers"):
        tiers.append({"limits": tier.take("limits"), "amount": tier.take("amount")})
        tier.done()
    units = sorted({name for tier in tiers for name in tier["limits"]})
    return {"capacity": {"units": units, "tiers": tiers}}


def _percentage(draft: Draft, model: Fields, unit: str) -> Words:
    words: Words = {"unit": unit, "rate_percent": model.take("rate_percent")}
    for name in ("fixed_amount", "min_per_event", "max_per_event", "free_events", "free_amount"):
        if name in model:
            words[name] = model.take(name)
    draft.fixed_amount = Decimal(words.get("fixed_amount", "0"))
    if "free_events" in words:
        words["events"] = draft.records()
    if "free_amount" in words:
        words["amounts"] = draft.reference(unit)
    return {"percentage": words}


def _graduated_percentage(draft: Draft, model: Fields, unit: str) -> Words:
    words = {"unit": unit, "tiers": _tiers(model), "reference": draft.reference(unit)}
    return {"graduated_percentage": words}


def _dynamic(draft: Draft, model: Fields, unit: str) -> Words:
    return {"dynamic": {"unit": unit, "multiplier": model.take("multiplier")}}


def _event_amount(draft: Draft, model: Fields, unit: str) -> Words:
    draft.money_is_attribute = True
    draft.attributes.add(MONEY)
    return {"dynamic_event_amount": {"unit": unit, "amount": MONEY}}


def _matrix(draft: Draft, model: Fields, unit: str) -> Words:
    """`flat`: an amount a unit for each group, whatever the attributes."""
    groups = []
    for group in each(model.take("flat"), f"{model.path}.flat"):
        rows = [{"unit_amount": group.take("amount")}]
        groups.append({"group": group.take("group"), "rows": rows})
        group.done()
    return {"matrix": {"unit": unit, "groups": groups}}


def _threshold(draft: Draft, model: Fields, unit: str) -> Words:
    """By quantity an amount at once, by an attribute's number an amount a unit."""
    by = model.take("by", "quantity")
    levels = []
    for level in each(model.take("levels"), f"{model.path}.levels"):
        levels.append({"from": level.take("from"), "amount": level.take("amount")})
        level.done()
    if by == "quantity":
        return {"threshold": {"unit": unit, "levels": levels}}
    draft.attributes.add(by)
    ends = [level["from"] for level in levels[1:]]
    rows: list[Words] = []
    for number, level in enumerate(levels):
        within = {"from": level["from"]} | ({"below": ends[number]} if number < len(ends) else {})
        rows.append({"ranges": {by: within}, "unit_amount": level["amount"]})
    return {"matrix": {"unit": unit, "groups": [{"group": by, "rows": rows}]}}


def _by_attribute(draft: Draft, model: Fields, unit: str) -> Words:
    """An attribute's value decides the amount a unit; `default` is every other value."""
    name = next(model.take(word) for word in ("attribute", "field", "by") if word in model)
    amounts = next(model.take(word) for word in ("prices", "values", "amounts") if word in model)
    rows: list[Words] = [
        {"when": {name: value}, "unit_amount": amount} for value, amount in amounts.items()
    ]
    if "default" in model:
        rows.append({"unit_amount": model.take("default")})
    draft.attributes.add(name)
    return {"by_attribute": {"unit": unit, "rows": rows}}


def _threshold_whole(draft: Draft, model: Fields, unit: str) -> Words:
    levels = []
    for level in each(model.take("levels"), f"{model.path}.levels"):
        amount = level.take("per_started_minute")
        levels.append({"up_to": level.take("up_to_s"), "amount": amount})
        level.done()
    return {"threshold": {"unit": unit, "per_started": "60", "levels": levels}}


def _beat(draft: Draft, model: Fields, unit: str) -> Words:
    words = {name: model.take(name) for name in ("beat_s", "amount_per_beat", "max_s")}
    return {"beat": {"unit": unit, **words}}


_MODELS: Final[dict[str, Callable[[Draft, Fields, str], Words]]] = {
    "beat": _beat,
    "blocks": _blocks,
    "by_attribute": _by_attribute,
    "capacity": _capacity,
    "dynamic": _dynamic,
    "dynamic_event_amount": _event_amount,
    "flat": _flat,
    "graduated": _graduated,
    "graduated_percentage": _graduated_percentage,
    "llm_tokens": lambda draft, model, unit: token_price(model),
    "matrix": _matrix,
    "package": _package,
    "per_unit": _per_unit,
    "percentage": _percentage,
    "setup": _flat,
    "stairstep_cumulative": _stairstep,
    "telecom_rate": lambda draft, model, unit: call_price(draft, model, unit),
    "threshold": _threshold,
    "threshold_whole": _threshold_whole,
    "volume": _volume,
    "volume_only_known_rate": _known_rate,
}
