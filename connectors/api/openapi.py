"""The OpenAPI 3.1 document, made from the table of routes."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from connectors.api.problems import CONTENT_TYPE
from connectors.api.route import Route

_PARAMETER: Final = re.compile(r"{(\w+)}")
_REF: Final = "#/components/schemas/{name}"


class ProblemAnswer(Struct, frozen=True):
    """An error as RFC 9457 says; `detail` is one sentence."""

    type: str
    title: str
    status: int
    detail: str


def openapi_document(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """The document of these routes."""
    routes = tuple(routes)
    bodies = [route.body for route in routes if route.body is not None]
    types = [*(each for route in routes for each in route.answers), *bodies]
    schemas, components = msgspec.json.schema_components([*types, ProblemAnswer], ref_template=_REF)
    by_type = dict(zip(map(repr, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        known = [by_type[repr(each)] for each in route.answers]
        operation = _operation(route, {"oneOf": known} if known[1:] else next(iter(known), None))
        if route.method != "GET":
            body = by_type.get(repr(route.body), {"type": "object"})
            operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vivace",
            "version": version,
            "description": "Accounts, balances, suspense, schemas and health of a usage engine.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, made by `vivace key create`.",
                }
            },
        },
    }


def _operation(route: Route, schema: dict[str, Any] | None) -> dict[str, Any]:
    content = {route.media_type: {"schema": schema or {}}}
    described: dict[str, Any] = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PARAMETER.findall(route.path)
        ]
        + [
            {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
            for name, text in route.query.items()
        ],
        "responses": {
            str(int(route.status)): {"description": route.summary, "content": content},
            "default": {
                "description": "What went wrong.",
                "content": {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name="ProblemAnswer")}}},
            },
        },
        "security": _security(route),
    }
    if route.scope is not None:
        described["x-scope"] = route.scope.value
    return described


def _security(route: Route) -> list[dict[str, list[str]]]:
    """An empty requirement beside the key's: the key is welcome, not needed."""
    return [{"key": []}] if route.scope is not None and not route.registry else [{}, {"key": []}]
