"""Sessions that run, as their operator sees them."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from streams.model.charging_session import ChargingSession, HeldService
from streams.model.instant import format_instant
from streams.model.money import trimmed
from streams.model.usage import Usage


class HeldBody(Struct, frozen=True, kw_only=True):
    """What is set aside of one bucket."""

    account: str
    resource: str
    bucket: str
    quantity: str


class RunningServiceBody(Struct, frozen=True, kw_only=True):
    """One service of a session: all that was used, what it may use beyond that, what it holds."""

    rating_group: str
    usage_type: str
    attributes: dict[str, str]
    used: dict[str, str]
    granted: dict[str, str]
    holds: list[HeldBody]


class RunningSessionBody(Struct, frozen=True, kw_only=True):
    """A session that runs: since when, until when unless it asks again, and what it was told.

    `follows` are the thresholds that it follows, each with the status that was last told.
    """

    session: str
    service_id: str
    account: str
    gateway: str
    opened_at: str
    used_at: str
    valid_until: str
    control: str
    services: list[RunningServiceBody]
    follows: dict[str, str] = {}


class RunningSessions(Struct, frozen=True, kw_only=True):
    """A page of an account's sessions, by their names; `next` asks for what comes after."""

    sessions: list[RunningSessionBody]
    next: str = ""


def listed(sessions: Sequence[ChargingSession], *, limit: int) -> RunningSessions:
    """The page that these make, of which `limit` were asked for."""
    more = sessions[-1].session if len(sessions) >= limit else ""
    return RunningSessions(sessions=[*map(_session, sessions)], next=more)


def _session(session: ChargingSession) -> RunningSessionBody:
    return RunningSessionBody(
        session=session.session,
        service_id=session.service_id,
        account=session.account,
        gateway=session.gateway,
        opened_at=format_instant(session.opened_at),
        used_at=format_instant(session.used_at),
        valid_until=format_instant(session.valid_until),
        control="" if session.control is None else session.control.action,
        services=[*map(_service, session.services)],
        follows=dict(session.follows or ()),
    )


def _service(held: HeldService) -> RunningServiceBody:
    return RunningServiceBody(
        rating_group=held.group,
        usage_type=held.usage_type,
        attributes=held.attributes,
        used=_units(held.used),
        granted=_units(held.granted),
        holds=[
            HeldBody(
                account=hold.account,
                resource=hold.bucket.resource,
                bucket=hold.bucket.id,
                quantity=str(trimmed(Decimal(hold.bucket.remaining))),
            )
            for hold in held.holds
        ],
    )


def _units(usages: Sequence[Usage]) -> dict[str, str]:
    return {usage.unit: str(usage.quantity) for usage in usages}
