"""What an account holds, held at a past moment, and what moved it: the routes that only look."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from connectors.api.answers import BalanceAnswer, PastBalanceAnswer, StatementPage
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.queries import PAGE_MAX, balance_of
from connectors.api.route import ACCOUNT, Route, json_answer, page_limit
from connectors.api.statements import balance_at, position_of, statement_page
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.client import Database
from connectors.errors import Refused
from streams.model.instant import Instant


async def get_balance(request: Request, gateway: Gateway) -> Response:
    """What an account holds, or held before a time of the ledger, or at positions of it."""
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    at, said = _time(request, "at"), request.query_params.getlist("as_of")
    if at and said:
        raise Problem(HTTPStatus.BAD_REQUEST, "Say `at` or `as_of`, not both.")
    as_of = {place: offset + 1 for place, offset in map(_position, said)} if said else None

    def look(database: Database) -> BalanceAnswer | PastBalanceAnswer | None:
        if not at and as_of is None:
            return balance_of(database, tenant, account)
        return balance_at(database, tenant, account, at=at, as_of=as_of)

    found = await gateway.ask(look)
    if found is None:
        raise _nothing(tenant, account)
    return json_answer(found)


async def get_statement(request: Request, gateway: Gateway) -> Response:
    """Movements of a span of the ledger's time, with what the account held before and after."""
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    start, end, limit = _time(request, "from"), _time(request, "until"), page_limit(request)
    after = request.query_params.get("after", "")
    found = await gateway.ask(
        lambda database: statement_page(
            database, tenant, account, start=start, end=end, limit=limit, after=after
        )
    )
    if found is None:
        raise _nothing(tenant, account)
    return json_answer(found)


def _nothing(tenant: str, account: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, f"Account {account} of {tenant} has no balance.")


def _time(request: Request, name: str) -> Instant:
    """The time that a parameter says, 0 where it is not there."""
    text = request.query_params.get(name, "")
    if not text:
        return 0
    found = instant_at(text)
    if not found:
        raise Problem(HTTPStatus.BAD_REQUEST, f"`{name}` is {text!r}: no date, no time with offset")
    return found


def _position(text: str) -> tuple[int, int]:
    try:
        return position_of(text)
    except Refused as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"`as_of`: {error}.") from error


ROUTES: Final = (
    Route(
        path=f"{ACCOUNT}/balance",
        answering=get_balance,
        summary="Balances and running totals of an account, as of ledger positions",
        answer=(BalanceAnswer, PastBalanceAnswer),
        query={
            "at": "a past moment: all that was written to the ledger before it counts",
            "as_of": "a past position, partition/offset of the ledger; may be repeated",
        },
    ),
    Route(
        path=f"{ACCOUNT}/statement",
        answering=get_statement,
        summary="Every movement of an account, with what it held before and after",
        answer=StatementPage,
        query={
            "from": "a date or a time of the ledger; its beginning by default",
            "until": "a date or a time, itself left out; as far as is stored by default",
            "limit": f"movements of a page, 1 to {PAGE_MAX}; 100 by default",
            "after": "`next` of the page before",
        },
    ),
)
