"""What a door asks of the worker that serves an account, and what it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Final, Literal, Protocol
from urllib.parse import quote

import httpx
import msgspec
from starlette.concurrency import run_in_threadpool

from connectors.errors import Unavailable
from connectors.trade.terms import Terms
from streams.model.catalog import Catalog

SessionVerb = Literal["check", "reserve", "extend", "confirm", "release", "debit", "refund"]
HEARD_S: Final = 5.0
"""A catalog is asked for again after this: so late a new one counts at the doors."""
_KEPT: Final = 256
_KEYED: Final = ("debit", "refund")
_UNNAMED: Final = ("check", *_KEYED)


class Worker(Protocol):
    """Where requests go: `connectors.api.doors.Doors`."""

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], *, tenant: str, service_id: str
    ) -> httpx.Response:
        """The answer of the worker that serves it; 421 where none does. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: its status, code and services as sessions tell them, `detail` for a person.

    `others` are services without a rating group's number; `thresholds` say where those stand that
    are followed.
    """

    status: HTTPStatus
    code: str
    services: dict[int, dict[str, Any]]
    detail: str = ""
    valid_until: str = ""
    currency: str = ""
    others: tuple[dict[str, Any], ...] = ()
    control: dict[str, str] = field(default_factory=dict)
    thresholds: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a session `name`; of a debit or refund, that is its Idempotency-Key."""

    verb: SessionVerb
    tenant: str
    key: str
    name: str

    @property
    def path(self) -> str:
        """Where workers answer it."""
        start = f"/v1/tenants/{quote(self.tenant, safe='')}"
        if self.verb in _UNNAMED:
            return f"{start}/{self.verb}"
        return f"{start}/sessions/{quote(self.name, safe='')}/{self.verb}"

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, and by which name."""
        told = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        return {**told, "idempotency-key": self.name} if self.verb in _KEYED else told


async def ask(worker: Worker, call: Call, body: dict[str, Any]) -> Told:
    """The worker's answer.

    Raises Unavailable where nobody knows what became of it: the same again finds out.
    """
    answer = await worker.send(
        call.path,
        msgspec.json.encode(body),
        call.headers,
        tenant=call.tenant,
        service_id=body["service_id"],
    )
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"the worker answers {answer.status_code}")
    return _told(answer)


def _told(answer: httpx.Response) -> Told:
    told = answer.json()
    services = {
        int(each["rating_group"]): each
        for each in told.get("services", ())
        if each["rating_group"].isdecimal()
    }
    return Told(
        HTTPStatus(answer.status_code),
        told.get("code", ""),
        services,
        told.get("detail", ""),
        told.get("valid_until", ""),
        told.get("currency", ""),
        tuple(each for each in told.get("services", ()) if not each["rating_group"].isdecimal()),
        told.get("control", {}),
        tuple(told.get("thresholds", ())),
    )


class TermsBook:
    """The terms of tenants by their newest catalogs."""

    def __init__(self, newest: Callable[[str], Catalog]) -> None:
        self._newest = newest
        self._known: dict[str, tuple[float, Terms]] = {}

    async def of(self, tenant: str) -> Terms:
        """What the catalog in force says. Raises Refused where there is none, Unavailable."""
        heard, terms = self._known.get(tenant, (float("-inf"), None))
        if terms is None or monotonic() - heard > HEARD_S:
            terms = Terms(await run_in_threadpool(self._newest, tenant))
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[tenant] = monotonic(), terms
        return terms
