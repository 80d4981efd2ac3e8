"""The body of a webhook: equal for every attempt, as its signature is of these very bytes."""

from typing import Any, Final

import msgspec

from streams.model.instant import format_instant
from streams.model.money import Quantity
from streams.model.rated import Alert

_encode = msgspec.json.Encoder().encode
_REQUESTS: Final = ("requested", "declined", "expired")
"""Kinds of alerts that are about a request for money."""


def body_of(alert: Alert) -> bytes:
    """JSON of `type`, `timestamp` and `data`; numbers are text, so that none loses a digit."""
    is_request = alert.kind in _REQUESTS
    return _encode(
        {
            "type": f"{'top_up' if is_request else 'alert'}.{alert.kind}",
            "timestamp": format_instant(alert.occurred_at),
            "data": _request(alert) if is_request else _alert(alert),
        }
    )


def _alert(alert: Alert) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: getattr(alert, name) for name in alert.__struct_fields__ if name != "occurred_at"
    }
    return fields | {
        "level": _text(alert.level),
        "value": _text(alert.value),
        "period_start": format_instant(alert.period_start),
    }


def _request(alert: Alert) -> dict[str, Any]:
    """What is asked for, until when; the id of the request is the alert's that asks."""
    fields: dict[str, Any] = {
        "alert_id": alert.alert_id,
        "tenant": alert.tenant,
        "account": alert.account,
        "threshold": alert.threshold,
        "currency": alert.resource,
        "amount": _text(alert.level),
        "left": _text(alert.value),
        "until": format_instant(alert.period_start),
        "to": alert.to,
    }
    if alert.kind == "requested":
        fields["request"] = alert.alert_id
    return fields


def _text(quantity: Quantity) -> str:
    return f"{quantity:f}" if not isinstance(quantity, int) else str(quantity)
