"""The body of a webhook: equal for every attempt, as its signature is of these very bytes."""

from typing import Any

import msgspec

from streams.model.instant import format_instant
from streams.model.money import Quantity
from streams.model.rated import Alert

_encode = msgspec.json.Encoder().encode


def body_of(alert: Alert) -> bytes:
    """JSON of `type`, `timestamp` and `data`; numbers are text, so that none loses a digit."""
    fields: dict[str, Any] = {
        name: getattr(alert, name) for name in alert.__struct_fields__ if name != "occurred_at"
    }
    fields |= {
        "level": _text(alert.level),
        "value": _text(alert.value),
        "period_start": format_instant(alert.period_start),
    }
    return _encode(
        {
            "type": f"alert.{alert.kind}",
            "timestamp": format_instant(alert.occurred_at),
            "data": fields,
        }
    )


def _text(quantity: Quantity) -> str:
    return f"{quantity:f}" if not isinstance(quantity, int) else str(quantity)
