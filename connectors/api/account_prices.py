"""Agreed prices by the door: checked against the catalog in force, then sent to the owner."""

import uuid
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors.api.answers import PricesAnswer
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.queries import account_of
from connectors.catalog.account_prices import read_account_prices
from connectors.catalog.problem import CatalogProblem
from streams.model.account_prices import PriceList
from streams.model.command import PutPrices

_NAME: Final = "prices"
"""What problems call the request's body."""


async def put_prices(request: Request, gateway: Gateway) -> Response:
    """Take prices agreed with an account, as JSON or YAML in the words of a catalog."""
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not UTF-8 text.") from error
    found = await gateway.ask(lambda database: account_of(database, tenant, account))
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {account} of {tenant}.")
    root = found.root
    command_id = request.query_params.get("id") or f"command/{uuid.uuid4()}"

    def read() -> tuple[list[PriceList], list[CatalogProblem]]:
        return read_account_prices(text, name=_NAME, catalog=gateway.catalogs.of(tenant))

    lists, problems = await run_in_threadpool(read)
    if problems:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"The prices have {len(problems)} problem{'s' if len(problems) > 1 else ''};"
            " nothing was taken.",
            problems=[
                {"line": each.line, "pointer": each.pointer, "message": each.message}
                for each in problems
            ],
        )
    await gateway.send(
        [
            PutPrices(
                f"{command_id}#{number}" if number else command_id, tenant, account, root, each
            )
            for number, each in enumerate(lists)
        ]
    )
    body = msgspec.json.encode(PricesAnswer(command_id=command_id))
    return Response(body, int(HTTPStatus.ACCEPTED), media_type="application/json")
