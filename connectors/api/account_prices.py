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
from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
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
    kafka, root = gateway.settings.kafka, found.root
    command_id = request.query_params.get("id") or f"command/{uuid.uuid4()}"

    def put() -> list[CatalogProblem]:
        catalog = gateway.catalogs.of(tenant)
        lists, problems = read_account_prices(text, name=_NAME, catalog=catalog)
        commands = [
            PutPrices(
                f"{command_id}#{number}" if number else command_id, tenant, account, root, each
            )
            for number, each in enumerate(lists)
        ]
        if not problems:
            _send(kafka, commands)
        return problems

    problems = await run_in_threadpool(put)
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
    body = msgspec.json.encode(PricesAnswer(command_id=command_id))
    return Response(body, int(HTTPStatus.ACCEPTED), media_type="application/json")


def _send(settings: KafkaSettings, commands: list[PutPrices]) -> None:
    with CommandSender(settings) as sender:
        sender.send(commands)
