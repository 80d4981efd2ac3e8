"""The time of a test tenant by the door: what it is, and advancing it."""

import re
from calendar import monthrange
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors import clock
from connectors.api.answers import ClockAnswer, CommandsAnswer
from connectors.api.gateway import Gateway
from connectors.api.keys import Scope
from connectors.api.problems import Problem
from connectors.api.route import TENANT, Route, json_answer
from connectors.clickhouse.clocks import own_times_of
from connectors.errors import Refused
from streams.model.command import AdvanceClock
from streams.model.instant import DAY, HOUR, Instant, datetime_of, format_instant, instant_of

SPAN: Final = re.compile(r"([1-9]\d{0,4})([hdm])")
_UNITS: Final[dict[str, Instant]] = {"h": HOUR, "d": DAY}
_AT_ONCE: Final[Instant] = 366 * DAY


class AdvanceForm(Struct, kw_only=True, forbid_unknown_fields=True):
    """How far: hours, days or months, as in `1h`, `1d`, `1m`, `36h`."""

    by: str


def later_by(at: Instant, span: str) -> Instant | None:
    """The time so much later; None where the span is none.

    A month later is the same day of the next month in UTC, or its last one.
    """
    found = SPAN.fullmatch(span)
    if found is None:
        return None
    count, unit = int(found[1]), found[2]
    if unit != "m":
        return at + count * _UNITS[unit]
    begin = datetime_of(at)
    years, month = divmod(begin.month - 1 + count, 12)
    year = begin.year + years
    day = min(begin.day, monthrange(year, month + 1)[1])
    return instant_of(begin.replace(year=year, month=month + 1, day=day))


def advance_of(tenant: str, at: Instant) -> AdvanceClock:
    """The command; its id is made from what it says, so that it counts once."""
    return AdvanceClock(f"advance/{tenant}/{format_instant(at)}", tenant, at)


async def get_clock(request: Request, gateway: Gateway) -> Response:
    """What time it is for a tenant, as of what is stored."""
    tenant = request.path_params["tenant"]
    times = await gateway.ask(lambda database: own_times_of(database, tenant))
    if not times:
        return json_answer(ClockAnswer(own=False, at=format_instant(clock.now())))
    return json_answer(ClockAnswer(own=True, at=format_instant(min(times.values()))))


async def advance_clock(request: Request, gateway: Gateway) -> Response:
    """Move the time of a test tenant forward. What falls due does so in its order."""
    tenant = request.path_params["tenant"]
    try:
        form = msgspec.json.decode(await request.body() or b"{}", type=AdvanceForm)
    except msgspec.MsgspecError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"The body is wrong: {error}.") from error
    await run_in_threadpool(_refuse_real, tenant, gateway)
    times = await gateway.ask(lambda database: own_times_of(database, tenant))
    begin = max(times.values(), default=clock.now())
    at = later_by(begin, form.by)
    if at is None or at > begin + _AT_ONCE:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"`by`: {form.by!r} is no span such as 1h, 36h, 1d or 1m, a year at most.",
            field="by",
        )
    command = advance_of(tenant, at)
    await gateway.send([command])
    return json_answer(CommandsAnswer(ids=[command.command_id]), HTTPStatus.ACCEPTED)


def _refuse_real(tenant: str, gateway: Gateway) -> None:
    try:
        is_test = gateway.catalogs.of(tenant).is_test
    except Refused as error:
        raise Problem(HTTPStatus.NOT_FOUND, f"{error}.") from error
    if not is_test:
        raise Problem(HTTPStatus.CONFLICT, f"Tenant {tenant} is no test: its catalog says nothing.")


ROUTES: Final = (
    Route(
        path=f"{TENANT}/clock",
        answering=get_clock,
        summary="What time it is for a tenant: its own, where it is a test",
        answer=ClockAnswer,
    ),
    Route(
        path=f"{TENANT}/clock/advance",
        answering=advance_clock,
        summary="Move the time of a test tenant forward",
        scope=Scope.WRITE,
        method="POST",
        answer=CommandsAnswer,
        body=AdvanceForm,
        status=HTTPStatus.ACCEPTED,
    ),
)
