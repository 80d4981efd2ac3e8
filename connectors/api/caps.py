"""Caps that accounts share, by the door: how far each is used."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors import clock
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.route import TENANT, Route, json_answer
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.caps import CapAnswer, cap_sums


async def get_caps(request: Request, gateway: Gateway) -> Response:
    """The caps of a tenant, each in the period of `at`, with what is used of it."""
    tenant, asked = request.path_params["tenant"], request.query_params
    at = instant_at(asked["at"]) if "at" in asked else clock.now()
    if at is None:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"`at`: {asked['at']!r} is no day and no instant.", field="at"
        )
    cap = asked.get("cap", "")
    return json_answer(
        await gateway.ask(lambda database: cap_sums(database, tenant, at=at, cap=cap))
    )


ROUTES: Final = (
    Route(
        path=f"{TENANT}/caps",
        answering=get_caps,
        summary="Caps that accounts share: what all of them have used",
        answer=list[CapAnswer],
        query={
            "at": "a day or an instant of the period; now without it",
            "cap": "only this cap, with all its groups",
        },
    ),
)
