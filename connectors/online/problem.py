"""What went wrong, as RFC 9457 says."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from connectors.online.protocol import HttpAnswer

PROBLEM: Final = "application/problem+json"
_encode = msgspec.json.Encoder().encode


def problem(
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> HttpAnswer:
    """An error as RFC 9457 says."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        **(more or {}),
        "detail": detail,
    }
    return HttpAnswer(status, _encode(document), PROBLEM, headers or {})
