"""docs/reference/api.md"""

from connectors.api.commands import COMMAND_BYTES_MAX
from connectors.api.health import KEPT_S
from connectors.api.keys import Scope
from connectors.api.limits import BODY_BYTES_MAX, REQUEST_S_MAX
from connectors.api.route import Route
from connectors.api.routes import ROUTES
from infra.reference.table import table
from streams.record_ids import KEPT_DAYS

_INTRODUCTION = f"""# HTTP API

The gateway listens where the settings `api_host` and `api_port` say, on the loopback interface by
default. `GET /openapi.json` is the OpenAPI 3.1 document of all of it, made from the same table as
this page.

A request carries an API key as `Authorization: Bearer <key>` (or as the password of Basic, or as
`X-API-Key`). A key has a scope, {", ".join(f"`{scope}`" for scope in Scope)}, each including the
ones before it, and reaches one tenant or all. `vivace key create|list|revoke` makes, lists and
takes them away; the file keeps digests only. At its first start the gateway makes one admin key:
`vivace key first` shows it, once. `/health` is open, and says what is wrong only to a caller with a
key; however many ask, it looks once every {KEPT_S:g} s. Schemas are open by default (setting
`registry_open`), since Avro consumers elsewhere know nothing but the address; they hold no data.

Amounts and quantities are decimal strings, times RFC 3339 in UTC, an open end is an empty string.
Every error is an `application/problem+json` (RFC 9457) whose `detail` is one sentence: 400 wrong
request, 401 no or unknown key, 403 the key does not reach, 404 not there, 413 more than
{BODY_BYTES_MAX} bytes, 422 a `field` of the body is wrong, 503 with `Retry-After` where something
is away or took longer than {REQUEST_S_MAX:g} s.

What changes something is a command to the owner of the account, whose order with usage is that of
the log: 202 means that it stands there for good, not yet that it has been carried out. The answer
has the `ids` of the commands. An `id` of your own, as query parameter, names the cause: sent again
it changes nothing, within {KEPT_DAYS} days, of money ever. A body has {COMMAND_BYTES_MAX} bytes at
most, and no field that is not known. `root` need not be said where the account is known already.

"""


def page() -> str:
    """Return one row for each route, then the query parameters."""
    rows = ((f"`{route.method} {route.path}`", route.summary, _key(route)) for route in ROUTES)
    parameters = (
        (f"`{route.path}`", f"`{name}`", text)
        for route in ROUTES
        for name, text in route.query.items()
    )
    return (
        _INTRODUCTION
        + table(("route", "answer", "key"), rows)
        + "\n"
        + table(("route", "parameter", "meaning"), parameters)
    )


def _key(route: Route) -> str:
    if route.scope is None:
        return "none"
    return "`read`, or none where the registry is open" if route.registry else f"`{route.scope}`"
