"""Routes in the shape of Confluent's Schema Registry, read-only."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.kafka.registry import SCHEMA_NOT_FOUND

_CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
_INVALID_SCHEMA: Final = 42201


class _Wanted(msgspec.Struct):
    schema: str


def _answer(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type=_CONTENT_TYPE)


def _number(request: Request) -> int:
    text = request.path_params["schema_id"]
    if not text.isdecimal():
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"Schema {text} not found.",
            error_code=SCHEMA_NOT_FOUND,
            message=f"Schema {text} not found.",
        )
    return int(text)


async def list_subjects(request: Request, gateway: Gateway) -> Response:
    """Names of all subjects."""
    return _answer(gateway.registry.subjects())


async def list_versions(request: Request, gateway: Gateway) -> Response:
    """Version numbers of a subject."""
    return _answer(gateway.registry.versions(request.path_params["subject"]))


async def get_version(request: Request, gateway: Gateway) -> Response:
    """One version of a subject."""
    subject, version = request.path_params["subject"], request.path_params["version"]
    return _answer(gateway.registry.version(subject, version))


async def find_schema(request: Request, gateway: Gateway) -> Response:
    """The version of a subject that has the posted text."""
    try:
        wanted = msgspec.json.decode(await request.body(), type=_Wanted)
    except msgspec.MsgspecError as error:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"Not a schema: {error}",
            error_code=_INVALID_SCHEMA,
            message=str(error),
        ) from error
    return _answer(gateway.registry.find(request.path_params["subject"], wanted.schema))


async def list_types(request: Request, gateway: Gateway) -> Response:
    """Kinds of schemas."""
    return _answer(["AVRO"])


async def get_schema(request: Request, gateway: Gateway) -> Response:
    """The schema of a number."""
    return _answer(gateway.registry.schema(_number(request)))


async def list_versions_of(request: Request, gateway: Gateway) -> Response:
    """Where a number is used."""
    return _answer(gateway.registry.versions_of(_number(request)))


async def get_config(request: Request, gateway: Gateway) -> Response:
    """New versions can read what older ones wrote."""
    return _answer({"compatibilityLevel": "BACKWARD"})
