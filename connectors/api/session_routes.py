"""Sessions that run: listed, told something, and followed."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from connectors.api.commands import Asked, Form, WrongField, command_route, known_root, name, reason
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.route import ACCOUNT, TENANT, Route
from connectors.api.session_events import MergedEvents
from connectors.online.events import MEDIA_TYPE, place_of
from connectors.online.listing import RunningSessions
from streams.model.instant import SECOND
from streams.model.session_command import OutsideCause, SessionAction, SignalSessions

GRACE_S_MAX: Final = 3_600


class SignalForm(Form):
    """What is told: to one `session`, to those of a `service_id`, or to all of the account.

    `value` is the rate, filter or address; `grace` the seconds after an end in which the last
    report is awaited. `cause` is `operator`, `fraud` or `policy`.
    """

    action: SessionAction
    session: str = ""
    service_id: str = ""
    value: str = ""
    reason: str = ""
    cause: OutsideCause = "operator"
    grace: int = 60


def signal_sessions(form: SignalForm, asked: Asked) -> SignalSessions:
    """The command to the account's sessions."""
    if not 0 <= form.grace <= GRACE_S_MAX:
        raise WrongField("grace", f"Expected 0 to {GRACE_S_MAX} seconds.")
    return SignalSessions(
        asked.command_id,
        asked.tenant,
        asked.account,
        known_root(asked),
        form.action,
        asked.at,
        name(form.session, "session") if form.session else "",
        name(form.service_id, "service_id") if form.service_id else "",
        name(form.value, "value") if form.value else "",
        reason(form.reason),
        form.cause,
        form.grace * SECOND,
    )


async def list_sessions(request: Request, gateway: Gateway) -> Response:
    """The sessions of an account that run, by the worker that serves it."""
    answer = await gateway.doors.look(_path(request), _headers(request))
    if answer.status_code == HTTPStatus.MISDIRECTED_REQUEST:
        account = request.path_params["account"]
        raise Problem(HTTPStatus.NOT_FOUND, f"No worker knows account {account}.")
    return Response(answer.content, answer.status_code, media_type="application/json")


async def follow_sessions(request: Request, gateway: Gateway) -> Response:
    """What sessions are told, as it happens."""
    places = place_of(request.headers.get("last-event-id", ""))
    merged = MergedEvents(gateway.doors, _path(request), _headers(request), places)
    return StreamingResponse(
        merged.chunks(), media_type=MEDIA_TYPE, headers={"cache-control": "no-store"}
    )


def _path(request: Request) -> str:
    path = str(request.scope.get("raw_path", b"").decode("ascii")) or request.url.path
    query = request.scope.get("query_string", b"").decode("ascii")
    return f"{path}?{query}" if query else path


def _headers(request: Request) -> dict[str, str]:
    return {"authorization": f"Bearer {_key_text(request)}"}


def _key_text(request: Request) -> str:
    _, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() or request.headers.get("x-api-key", "")


ROUTES: Final = (
    Route(
        path=f"{ACCOUNT}/sessions",
        answering=list_sessions,
        summary="Charging sessions of an account that run, with what they hold",
        answer=RunningSessions,
        query={"after": "the last session of the page before"},
    ),
    command_route(
        f"{ACCOUNT}/sessions",
        SignalForm,
        signal_sessions,
        summary="Tell running sessions to ask again, slow down, go elsewhere or end",
    ),
    Route(
        path=f"{TENANT}/session-commands",
        answering=follow_sessions,
        summary="What charging sessions are told, as Server-Sent Events",
        media_type=MEDIA_TYPE,
        query={
            "gateway": "of the sessions that this gateway holds",
            "account": "of the sessions of this account",
        },
    ),
)
