"""What can be seen at a worker's door: an account's sessions, what they are told, figures."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote

import msgspec

from connectors.api.keys import ApiKey, Scope
from connectors.online.events import MEDIA_TYPE, place_of
from connectors.online.listing import listed
from connectors.online.problem import misdirected, out_of_reach, problem
from connectors.online.protocol import HttpAnswer, HttpRequest, HttpStream
from streams.session.signals import sessions_of
from streams.state import Table
from topologies.figures import DoorFigures
from topologies.owner import PartitionOwner
from topologies.session_events import STREAMS_MAX, SessionEvents, Wanted

PAGE: Final = 100
_encode = msgspec.json.Encoder().encode


class SessionDoor:
    """Answers what is asked by GET. `owners` is live."""

    def __init__(self, owners: Mapping[int, PartitionOwner], figures: DoorFigures) -> None:
        self._owners = owners
        self._figures = figures
        self.events = SessionEvents(owners)

    def look(self, asked: HttpRequest, key: ApiKey) -> HttpAnswer | HttpStream:
        """The answer to one question. Raises Refused."""
        parts = [unquote(part) for part in asked.path.strip("/").split("/")]
        words = {name: values[-1] for name, values in parse_qs(asked.query).items()}
        match parts:
            case ["v1", "tenants", tenant, "accounts", account, "sessions"]:
                if not key.allows(Scope.READ, tenant):
                    return out_of_reach()
                return self._list(tenant, account, words.get("after", ""))
            case ["v1", "tenants", tenant, "session-commands"]:
                if not key.allows(Scope.READ, tenant):
                    return out_of_reach()
                wanted = Wanted(tenant, words.get("gateway", ""), words.get("account", ""))
                return self._follow(wanted, asked.headers.get("last-event-id", ""))
            case ["v1", "figures"]:
                if not key.allows(Scope.READ, ""):
                    return out_of_reach()
                return HttpAnswer(HTTPStatus.OK, self._now())
            case _:
                return problem(HTTPStatus.METHOD_NOT_ALLOWED, "Requests are sent by POST.")

    def _list(self, tenant: str, account: str, after: str) -> HttpAnswer:
        key = f"{tenant}\0{account}"
        place = f"{key}\0{after}".encode() if after else b""
        for owner in self._owners.values():
            known = owner.look().get(Table.ACCOUNTS, key.encode()) if owner.is_open else None
            if known is not None and not known.moved_to:
                found = sessions_of(tenant, account, owner.look(), after=place, limit=PAGE)
                return HttpAnswer(HTTPStatus.OK, _encode(listed(found, limit=PAGE)))
        return misdirected(f"Account {account}", open_partitions(self._owners))

    def _now(self) -> bytes:
        return _encode(self._figures.of(self._owners, streams=self.events.streams))

    def _follow(self, wanted: Wanted, place: str) -> HttpAnswer | HttpStream:
        places = place_of(place)
        if self.events.streams >= STREAMS_MAX:
            why = f"{STREAMS_MAX} streams are open here already."
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, why, {"Retry-After": "10"})
        return HttpStream(self.events.follow(wanted, places), MEDIA_TYPE)


def open_partitions(owners: Mapping[int, PartitionOwner]) -> list[int]:
    """Those that are served here now."""
    return [partition for partition, owner in owners.items() if owner.is_open]
