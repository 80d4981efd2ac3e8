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

TENANT: Final = "/v1/tenants/{tenant}"
ACCOUNT: Final = f"{TENANT}/accounts/{{account}}"
SERVICE: Final = f"{TENANT}/services/{{service_id}}"

Answering = Callable[[Request, Gateway], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One verb on one path. `scope` None: no key is asked for.

    `answer` is the type of the answer's body, None where it is no JSON of ours; `body` that of what
    is sent; `query` explains parameters.
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
    def operation_id(self) -> str:
        """Its name in generated clients."""
        return self.answering.__name__


def json_answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON body; decimals are strings."""
    return Response(msgspec.json.encode(value), int(status), media_type="application/json")
