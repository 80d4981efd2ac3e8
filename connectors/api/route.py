"""What a route is: one verb on one path, who may ask, and how it is described."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.api.gateway import Gateway
from connectors.api.keys import Scope
from connectors.api.problems import Problem
from connectors.api.queries import PAGE_MAX

TENANT: Final = "/v1/tenants/{tenant}"
ACCOUNT: Final = f"{TENANT}/accounts/{{account}}"
SERVICE: Final = f"{TENANT}/services/{{service_id}}"

Answering = Callable[[Request, Gateway], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One verb on one path. `scope` None: no key is asked for.

    `answer` is the type of the answer's body, several where it depends on the parameters, None
    where it is no JSON of ours; `body` is the type of what is sent; `query` explains parameters.
    """

    path: str
    answering: Answering
    summary: str
    scope: Scope | None = Scope.READ
    method: str = "GET"
    answer: Any = None
    body: Any = None
    media_type: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    registry: bool = False
    status: HTTPStatus = HTTPStatus.OK

    @property
    def answers(self) -> tuple[Any, ...]:
        """Every type that the answer may have."""
        if self.answer is None:
            return ()
        return self.answer if isinstance(self.answer, tuple) else (self.answer,)

    @property
    def operation_id(self) -> str:
        """Its name in generated clients."""
        return self.answering.__name__


def json_answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON body; decimals are strings."""
    return Response(msgspec.json.encode(value), int(status), media_type="application/json")


def page_limit(request: Request) -> int:
    """How many a page shall have. Raises Problem."""
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= PAGE_MAX):
        raise Problem(HTTPStatus.BAD_REQUEST, f"`limit` is 1 to {PAGE_MAX}.")
    return int(text)
