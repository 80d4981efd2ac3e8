"""What went wrong, as RFC 9457 says."""

from collections.abc import Mapping, Sequence
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


def out_of_reach() -> HttpAnswer:
    """The key is known, and not allowed to ask this."""
    return problem(HTTPStatus.FORBIDDEN, "The key does not reach this far.")


def misdirected(what: str, partitions: Sequence[int]) -> HttpAnswer:
    """This worker does not know it; with the `partitions` that are open here, so that the gateway
    can tell whether nobody does."""
    return problem(
        HTTPStatus.MISDIRECTED_REQUEST,
        f"{what} is not known to this worker.",
        more={"partitions": partitions},
    )
