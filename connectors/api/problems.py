"""Errors as RFC 9457 says: `application/problem+json`, one shape for all of them."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that ends with an error; `detail` is one sentence for whoever sent it."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.more = more

    def response(self) -> Response:
        """The answer that says so."""
        return problem_response(self.status, self.detail, headers=self.headers, **self.more)


def problem_response(
    status: HTTPStatus, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem document; its type is `about:blank`, so its title is the status' own."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        **more,
    }
    return Response(
        msgspec.json.encode(document), int(status), headers=headers, media_type=CONTENT_TYPE
    )
