"""Values of the package `genai-prices` → what stands in a file of its data."""

from datetime import date, time
from decimal import Decimal
from typing import Any


def plain_provider(provider: Any) -> dict[str, Any]:
    """A provider with its models."""
    return {"id": provider.id, "models": [_model(model) for model in provider.models]}


def _model(model: Any) -> dict[str, Any]:
    prices = model.prices
    return {
        "id": model.id,
        "match": _match(model.match),
        "prices": [_entry(each) for each in prices]
        if isinstance(prices, list)
        else _prices(prices),
        "price_variants": [
            {"when": each.when, **_entry(each)} for each in model.price_variants or ()
        ],
    }


def _entry(conditional: Any) -> dict[str, Any]:
    constraint = conditional.constraint
    found = {} if constraint is None else {k: _text(v) for k, v in vars(constraint).items()}
    return {"constraint": found, "prices": _prices(conditional.prices)}


def _text(value: date | time) -> str:
    return value.isoformat()


def _prices(prices: Any) -> dict[str, Any]:
    return {key: _price(value) for key, value in vars(prices).items() if value is not None}


def _price(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    tiers = [{"start": tier.start, "price": tier.price} for tier in value.tiers]
    return {"base": value.base, "tiers": tiers}


def _match(clause: Any) -> dict[str, Any]:
    ((name, value),) = vars(clause).items()
    kind = name.rstrip("_")
    return {kind: [_match(each) for each in value] if isinstance(value, list) else value}
