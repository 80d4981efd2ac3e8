"""Commands by the door: a body → a form → commands → their owners' log → 202 with their ids.

A route of a command is its form and a function that builds the command of it:

    class TopUpForm(Form):
        amount: Decimal

    ROUTES = (command_route(f"{ACCOUNT}/top-ups", TopUpForm, build_top_up, summary="…"),)
"""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from connectors import clock
from connectors.api.answers import CommandsAnswer
from connectors.api.gateway import Gateway
from connectors.api.keys import Scope
from connectors.api.problems import Problem
from connectors.api.queries import account_of
from connectors.api.route import Route, json_answer
from connectors.catalog.resolution.dates import instant_at
from streams.model.command import Command
from streams.model.instant import BEGINNING, FOREVER, Instant, Period, zone
from streams.model.money import LINE_SCALE

COMMAND_BYTES_MAX: Final = 64 * 1024
NAME_LENGTH_MAX: Final = 256
WHOLE_DIGITS_MAX: Final = 18
"""Digits before the point: with those after it, as many as a balance can add up exactly."""

_AT: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_FIELD: Final = re.compile(r"field `([^`]*)`")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Form(Struct, kw_only=True, forbid_unknown_fields=True):
    """A body. `root` need not be said where the account is known already."""

    root: str = ""

    def whose(self) -> str:
        """The account that the body names, where the path names none."""
        return ""


class Body(Protocol):
    """What every body has, be it a Form or the words of another one."""

    @property
    def root(self) -> str:
        """The account's; empty: as it is known."""

    def whose(self) -> str:
        """The account that the body names, where the path names none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for what: `account` is empty where nothing names one, `service_id` likewise.

    `at` is when it came to the door, for commands whose time is not said; `request` what is
    answered.
    """

    tenant: str
    account: str
    service_id: str
    root: str
    command_id: str
    at: Instant
    request: str = ""


class WrongField(Exception):
    """What a field of the body says cannot be; `message` is one sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


F = TypeVar("F", bound=Body)
Build = Callable[[F, Asked], Command | Sequence[Command]]


def command_route(
    path: str, form: type[F], build: Build[F], *, summary: str, method: str = "POST"
) -> Route:
    """The route of a command for whoever may write. Its id in OpenAPI is the name of `build`.

    `build` raises WrongField; of several commands each has an id of its own, made of the asked one.
    """

    async def answering(request: Request, gateway: Gateway) -> Response:
        try:
            said = _decoded(await request.body(), form)
            found = build(said, await _asked(request, gateway, said))
        except WrongField as wrong:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"`{wrong.field}`: {wrong}", field=wrong.field
            ) from wrong
        commands = list(found) if isinstance(found, Sequence) else [found]
        await gateway.send(commands)
        ids = [each.command_id for each in commands]
        return json_answer(CommandsAnswer(ids=ids), HTTPStatus.ACCEPTED)

    answering.__name__ = build.__name__
    return Route(
        path=path,
        answering=answering,
        summary=summary,
        scope=Scope.WRITE,
        method=method,
        answer=CommandsAnswer,
        body=form,
        status=HTTPStatus.ACCEPTED,
        query={"id": "names the cause: sent again, it changes nothing"},
    )


def _decoded(body: bytes, form: type[F]) -> F:
    if len(body) > COMMAND_BYTES_MAX:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A command may have {COMMAND_BYTES_MAX} bytes."
        )
    try:
        return msgspec.json.decode(body or b"{}", type=form)
    except msgspec.ValidationError as error:
        text = str(error)
        place, name = _AT.search(text), _FIELD.search(text)
        parts = (place.group(1) if place else "", name.group(1) if name else "")
        field = ".".join(filter(None, parts)) or "body"
        raise WrongField(field, f"{_AT.sub('', text)}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"The body is no JSON: {error}.") from error


async def _asked(request: Request, gateway: Gateway, said: Body) -> Asked:
    path, root = request.path_params, said.root
    tenant, account = path["tenant"], path.get("account") or said.whose()
    service_id = path.get("service_id", "")
    for field, text in (("account", account), ("service_id", service_id), ("root", root)):
        if text:
            name(text, field)
    if account and not root:
        known = await gateway.ask(lambda database: account_of(database, tenant, account))
        root = "" if known is None else known.root
    wanted = request.query_params.get("id") or f"command/{uuid.uuid4()}"
    command_id, answered = name(wanted, "id"), path.get("request", "")
    return Asked(
        name(tenant, "tenant"), account, service_id, root, command_id, clock.now(), answered
    )


def known_root(asked: Asked) -> str:
    """The root of the account. Raises Problem 404 where it is neither known nor said."""
    if not asked.root:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"There is no account {asked.account} of {asked.tenant} yet; say its `root`.",
        )
    return asked.root


def name(text: str, field: str) -> str:
    """An id as it may stand in keys: printable, not empty, bounded. Raises WrongField."""
    if not text or len(text) > NAME_LENGTH_MAX or not text.isprintable():
        raise WrongField(field, f"A name has 1 to {NAME_LENGTH_MAX} printable characters.")
    return text


def reason(text: str) -> str:
    """Words that are kept with a command, none or a few. Raises WrongField."""
    if len(text) > NAME_LENGTH_MAX:
        raise WrongField("reason", f"A reason has at most {NAME_LENGTH_MAX} characters.")
    return text


def amount(value: Decimal, field: str) -> Decimal:
    """A positive amount that balances can add up exactly. Raises WrongField."""
    if value == 0 or limit(value, field) == 0:
        raise WrongField(field, "An amount is more than nothing.")
    return value


def limit(value: Decimal, field: str) -> Decimal:
    """As `amount`, or nothing. Raises WrongField."""
    fits = value.is_finite() and value >= 0 and value.adjusted() < WHOLE_DIGITS_MAX
    if not fits or int(value.as_tuple().exponent) < -LINE_SCALE:
        raise WrongField(
            field,
            f"{value} is no amount of at most {WHOLE_DIGITS_MAX} digits before the point"
            f" and {LINE_SCALE} after it.",
        )
    return value


def currency(text: str, field: str) -> str:
    """The code of a currency. Raises WrongField."""
    if not _CURRENCY.fullmatch(text):
        raise WrongField(field, f"{text!r} is no ISO 4217 code.")
    return text


def time_zone(text: str, field: str) -> str:
    """The name of a time zone. Raises WrongField."""
    try:
        zone(text)
    except (KeyError, ValueError, OSError) as error:
        raise WrongField(field, f"There is no time zone {text!r}.") from error
    return text


def span(start: str, end: str, at: Instant, *, what: str) -> Period:
    """From `start` (`at` where it is empty) until `end` (no end). Raises WrongField."""
    found = Period(instant(start, "start", at), instant(end, "end", FOREVER))
    if found.end <= found.start:
        raise WrongField("end", f"{what} ends after its start.")
    return found


def instant(text: str, field: str, default: Instant) -> Instant:
    """A date or a time with offset, `default` where it is empty. Raises WrongField."""
    if not text:
        return default
    found = instant_at(text)
    if found is None or not BEGINNING <= found <= FOREVER:
        raise WrongField(field, f"{text!r} is no date and no time with offset.")
    return found
