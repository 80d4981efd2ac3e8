"""The routes: what the door answers, who may ask, and how it is described. One table.

The application and the OpenAPI document are both made from it, so neither can say what the other
does not.
"""

from http import HTTPStatus
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from connectors.api import (
    account_attributes,
    account_commands,
    account_grants,
    account_moves,
    balance_routes,
    bill_units,
    billing,
    budgets,
    caps,
    clock,
    entitlements,
    online,
    pools,
    queries,
    registry_routes,
    session_routes,
    top_ups,
)
from connectors.api.account_prices import put_prices
from connectors.api.answers import (
    AccountAnswer,
    HealthAnswer,
    PricesAnswer,
    SuspenseCount,
    SuspensePage,
)
from connectors.api.gateway import Gateway
from connectors.api.keys import Scope
from connectors.api.problems import Problem
from connectors.api.route import TENANT, Answering, Route, json_answer, page_limit


async def get_health(request: Request, gateway: Gateway) -> Response:
    """Whether all that the engine stands on answers; what is wrong, only to a caller with a key."""
    found = await gateway.health.states()
    healthy = all(state == "ok" for state in found.values())
    answer = HealthAnswer(
        status="ok" if healthy else "unavailable",
        dependencies=dict(found) if request.state.key is not None else {},
    )
    return json_answer(answer, HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)


async def get_metrics(request: Request, gateway: Gateway) -> Response:
    """The numbers of this process, for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def get_account(request: Request, gateway: Gateway) -> Response:
    """An account and its service ids."""
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    found = await gateway.ask(lambda database: queries.account_of(database, tenant, account))
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {account} of {tenant}.")
    return json_answer(found)


async def list_suspense(request: Request, gateway: Gateway) -> Response:
    """Suspended records of a tenant, page by page."""
    tenant, asked = request.path_params["tenant"], request.query_params
    wanted = {name: asked.get(name, "") for name in ("code", "service_id")}
    limit = page_limit(request)
    page = await gateway.ask(
        lambda database: queries.suspense_page(
            database,
            tenant,
            limit=limit,
            after=asked.get("after", ""),
            state=asked.get("state", "suspended"),
            **wanted,
        )
    )
    return json_answer(page)


async def get_suspended(request: Request, gateway: Gateway) -> Response:
    """What is known of one record id, in whatever state."""
    tenant, record_id = request.path_params["tenant"], request.path_params["record_id"]
    if len(record_id) != 32 or not set(record_id) <= set("0123456789abcdef"):
        raise Problem(HTTPStatus.BAD_REQUEST, "A record id is 32 hex digits in lower case.")
    page = await gateway.ask(
        lambda database: queries.suspense_page(database, tenant, record_id=record_id)
    )
    if not page.records:
        raise Problem(HTTPStatus.NOT_FOUND, f"Record {record_id} was never suspended.")
    return json_answer(page)


async def count_suspense(request: Request, gateway: Gateway) -> Response:
    """How many entries of a tenant are in which state, by code."""
    tenant = request.path_params["tenant"]
    return json_answer(
        await gateway.ask(lambda database: queries.suspense_counts(database, tenant))
    )


_PAGE: Final = {
    "state": "suspended (the default), charged, discarded, error, ignored or duplicate",
    "code": "only this reason code",
    "service_id": "only this service id",
    "limit": f"records of a page, 1 to {queries.PAGE_MAX}; 100 by default",
    "after": "`next` of the page before",
}
_REGISTRY_TYPE: Final = "application/vnd.schemaregistry.v1+json"


def _schemas(path: str, answering: Answering, summary: str, method: str = "GET") -> Route:
    return Route(
        path=path,
        answering=answering,
        summary=summary,
        method=method,
        media_type=_REGISTRY_TYPE,
        registry=True,
    )


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        path="/health",
        answering=get_health,
        summary="Whether all that the engine stands on answers",
        scope=None,
        answer=HealthAnswer,
    ),
    Route(
        path="/metrics",
        answering=get_metrics,
        summary="The numbers of this process, for Prometheus",
        media_type="text/plain",
    ),
    Route(
        path=f"{TENANT}/accounts/{{account}}",
        answering=get_account,
        summary="An account and its service ids",
        answer=AccountAnswer,
    ),
    *balance_routes.ROUTES,
    *bill_units.ROUTES,
    *entitlements.ROUTES,
    Route(
        path=f"{TENANT}/accounts/{{account}}/prices",
        answering=put_prices,
        summary="Put prices agreed with an account, before those of its plan",
        scope=Scope.WRITE,
        method="POST",
        answer=PricesAnswer,
        status=HTTPStatus.ACCEPTED,
        query={"id": "names the cause: sent again within 35 days, it does nothing"},
    ),
    *account_commands.ROUTES,
    *top_ups.ROUTES,
    *pools.ROUTES,
    *budgets.ROUTES,
    *account_attributes.ROUTES,
    *online.ROUTES,
    *session_routes.ROUTES,
    *account_moves.ROUTES,
    *billing.ROUTES,
    *account_grants.ROUTES,
    *clock.ROUTES,
    *caps.ROUTES,
    Route(
        path=f"{TENANT}/suspense",
        answering=list_suspense,
        summary="Suspended records",
        answer=SuspensePage,
        query=_PAGE,
    ),
    Route(
        path=f"{TENANT}/suspense/counts",
        answering=count_suspense,
        summary="Numbers of entries by state and code",
        answer=list[SuspenseCount],
    ),
    Route(
        path=f"{TENANT}/suspense/{{record_id}}",
        answering=get_suspended,
        summary="What is known of one record id",
        answer=SuspensePage,
    ),
    _schemas("/subjects", registry_routes.list_subjects, "Names of all schemas' subjects"),
    _schemas(
        "/subjects/{subject}/versions", registry_routes.list_versions, "Versions of a subject"
    ),
    _schemas(
        "/subjects/{subject}/versions/{version}",
        registry_routes.get_version,
        "One version of a subject, or `latest`",
    ),
    _schemas(
        "/subjects/{subject}",
        registry_routes.find_schema,
        "The version of a subject that has this text",
        "POST",
    ),
    _schemas("/schemas/types", registry_routes.list_types, "Kinds of schemas"),
    _schemas("/schemas/ids/{schema_id}", registry_routes.get_schema, "The schema of a number"),
    _schemas(
        "/schemas/ids/{schema_id}/versions",
        registry_routes.list_versions_of,
        "Where a schema is used",
    ),
    _schemas("/config", registry_routes.get_config, "Which changes of schemas are compatible"),
)
