"""The online door of a worker: who may ask, which owner answers, and what the caller is told.

A request goes to the owner of its account's partition. Who that is decides the owners' own states:
the one that knows the service id answers. A caller that came to the wrong worker is told so.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final, cast
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from connectors.api.keys import ApiKey, KeyStore, Scope
from connectors.clock import now
from connectors.errors import Refused, Unavailable
from connectors.online.forms import STATUS, answer_body, read_request, seconds_until_retry
from connectors.online.leases import HEADER as LEASE
from connectors.online.leases import check_lease, lease_of
from connectors.online.problem import misdirected, out_of_reach
from connectors.online.problem import problem as problem
from connectors.online.protocol import DoorProtocol, HttpAnswer, HttpRequest, HttpStream, Reply
from streams.model.charging_session import AnswerCode, ChargingAnswer, ChargingRequest, Verb
from streams.partition import partition_of
from streams.session.moving import is_leaving
from topologies import metrics
from topologies.deadlines import Deadlines
from topologies.figures import DoorFigures
from topologies.owner import PartitionOwner
from topologies.requests import RequestFailed
from topologies.session_door import SessionDoor, open_partitions

DEADLINE_S: Final = 2.0
"""After this a caller is told to ask again; what it asked for may still be done, once."""
KEYS_TRUSTED_S: Final = 0.1
"""So long a key goes on being let in at most that was taken away."""
MOVING: Final = "The account is on its way to another root; ask again."
_KEPT: Final = 65_536
_NAMED: Final = ("reserve", "extend", "confirm", "release", "lease")
_VERBS: Final[Mapping[str, Verb]] = {"lease": "reserve"}
"""What the words of paths mean to an owner, where it has no verb of that name."""
_encode = msgspec.json.Encoder().encode


class OnlineDoor:
    """Answers for the partitions of one worker. `owners` is live."""

    def __init__(
        self, owners: Mapping[int, PartitionOwner], keys: KeyStore, *, partitions: int
    ) -> None:
        self._owners = owners
        self._keys = keys
        self._partitions = partitions
        self._homes: dict[tuple[str, str], int] = {}
        self._server: asyncio.Server | None = None
        self._figures = DoorFigures()
        self._deadlines = Deadlines(DEADLINE_S)
        self._sessions = SessionDoor(owners, self._figures)
        self.wake = self._sessions.events.wake
        """Sessions were told something."""

    async def open(self, host: str, port: int) -> str:
        """Listen; the address that callers find it by."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: DoorProtocol(self.answer, problem), host, port
        )
        bound: Any = self._server.sockets[0].getsockname()
        return f"http://{host}:{bound[1]}"

    async def close(self) -> None:
        """Listen no longer; whoever follows asks again elsewhere."""
        self._sessions.events.close()
        if self._server is not None:
            self._server.close()

    def answer(self, asked: HttpRequest, reply: Reply) -> None:
        """One request, one reply, at once or when its owner has answered; nothing escapes."""
        try:
            if asked.method == "GET":
                reply(self._look(asked))
                return
            read = self._read(asked)
            if isinstance(read, HttpAnswer):
                reply(read)
            else:
                self._ask(*read, reply)
        except (Refused, Unavailable) as error:
            reply(_failed(error))

    def _read(self, asked: HttpRequest) -> tuple[ChargingRequest, ApiKey | None] | HttpAnswer:
        """The request of `…/T/sessions/S/VERB`, or `…/T/check`, `balance`, `debit`, `refund`.

        With the key that its answer is to be signed with, where a lease is asked for.
        """
        parts = asked.path.strip("/").split("/")
        if "%" in asked.path:
            parts = [unquote(part) for part in parts]
        match parts:
            case ["v1", "tenants", tenant, "sessions", session, verb] if verb in _NAMED:
                name = session
            case ["v1", "tenants", tenant, "check" | "balance" as verb]:
                name = ""
            case ["v1", "tenants", tenant, "debit" | "refund" as verb]:
                name = asked.headers.get("idempotency-key", "")
                if not name:
                    return problem(
                        HTTPStatus.BAD_REQUEST, f"A {verb} needs an Idempotency-Key in its headers."
                    )
            case _:
                return problem(HTTPStatus.NOT_FOUND, f"There is nothing at {asked.path[:200]}.")
        if asked.method != "POST":
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, "Requests are sent by POST.")
        key = self._key_of(asked)
        if key is None:
            return _unknown_key()
        if not key.allows(Scope.WRITE, tenant):
            return out_of_reach()
        request = read_request(tenant, _VERBS.get(verb, cast(Verb, verb)), name, asked.body)
        if LEASE in asked.headers:
            try:
                check_lease(asked.headers[LEASE], request, self._keys)
            except Refused as error:
                return problem(HTTPStatus.FORBIDDEN, str(error))
        return request, key if verb == "lease" else None

    def _look(self, asked: HttpRequest) -> HttpAnswer | HttpStream:
        key = self._key_of(asked)
        return _unknown_key() if key is None else self._sessions.look(asked, key)

    def _key_of(self, asked: HttpRequest) -> ApiKey | None:
        scheme, _, text = asked.headers.get("authorization", "").partition(" ")
        return self._keys.find(text.strip()) if scheme.lower() == "bearer" else None

    def _ask(self, request: ChargingRequest, signer: ApiKey | None, reply: Reply) -> None:
        """Ask the owner, who replies once what it changes is in the ledger. Raises Unavailable."""
        owner, root = self._home_of(request)
        if owner is None:
            self._await_move(request)
            partitions = open_partitions(self._owners)
            reply(misdirected(f"Service {request.service_id}", partitions))
            return
        if not owner.is_open:
            raise Unavailable(f"Partition {owner.partition} is opening; ask again.")
        partition, began = owner.partition, perf_counter()

        def tell(answered: asyncio.Future[ChargingAnswer]) -> None:
            try:
                answer = answered.result()
            except (Unavailable, TimeoutError, RequestFailed) as error:
                reply(_failed(error))
                return
            self._figures.note(partition, request.verb, answer.code, perf_counter() - began)
            _answers_of(request.verb, answer.code).inc()
            reply(told(answer, lease_of(request, answer, signer) if signer is not None else ""))

        answer = owner.ask(replace(request, root=root))
        self._deadlines.add(answer)
        answer.add_done_callback(tell)

    def _await_move(self, request: ChargingRequest) -> None:
        """Raises Unavailable where the service is just leaving for another root."""
        for owner in self._owners.values():
            if owner.is_open and is_leaving(request.tenant, request.service_id, owner.look()):
                raise Unavailable(MOVING)

    def _home_of(self, request: ChargingRequest) -> tuple[PartitionOwner | None, str]:
        """The owner that the service lives with, and its root there."""
        if request.root:
            home = partition_of(request.tenant, request.root, self._partitions)
            return self._owners.get(home), request.root
        place = (request.tenant, request.service_id)
        known = self._owners.get(self._homes.get(place, -1))
        if known is not None and known.is_open and (root := known.root_of(*place)):
            return known, root
        for partition, owner in self._owners.items():
            if owner.is_open and (root := owner.root_of(*place)):
                if len(self._homes) >= _KEPT:
                    self._homes.clear()
                self._homes[place] = partition
                return owner, root
        return None, ""


@lru_cache(maxsize=256)
def _answers_of(verb: str, code: str) -> Any:
    """The metric's own counter of such answers, which it finds only by way of a lock."""
    return metrics.ANSWERS.labels(verb, code)


def _failed(error: Exception) -> HttpAnswer:
    """What a caller is told of a request that was not done, or that nobody has answered in time."""
    if isinstance(error, Refused):
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    if isinstance(error, RequestFailed):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
    why = str(error) or f"Not answered within {DEADLINE_S:g} s; ask again."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, why, {"Retry-After": "1"})


def _unknown_key() -> HttpAnswer:
    return problem(
        HTTPStatus.UNAUTHORIZED,
        "An API key is needed: Authorization: Bearer <key>.",
        {"WWW-Authenticate": "Bearer"},
    )


def told(answer: ChargingAnswer, lease: str = "") -> HttpAnswer:
    """The answer as its caller gets it: a problem where nothing was granted or done."""
    status = STATUS[answer.code]
    document = answer_body(answer)
    if lease:
        document["lease"] = lease
    headers = {"Idempotency-Hit": "true"} if answer.is_repeat else {}
    if answer.code == AnswerCode.RATE_LIMITED:
        headers["Retry-After"] = str(seconds_until_retry(answer, now()))
    if answer.code == AnswerCode.MOVING:
        headers["Retry-After"] = "1"
    if status == HTTPStatus.OK:
        return HttpAnswer(status, _encode(document), headers=headers)
    detail = answer.detail or _SAID[answer.code]
    return problem(status, detail, headers, document)


_SAID: Final[Mapping[AnswerCode, str]] = {
    AnswerCode.CREDIT_LIMIT_REACHED: "Money, credit or allowances do not cover it.",
    AnswerCode.NOT_RATED: "It cannot be rated.",
    AnswerCode.UNKNOWN_SESSION: "There is no such session, or it has ended.",
    AnswerCode.IDEMPOTENCY_CONFLICT: "Another content came by the same name before.",
    AnswerCode.OUT_OF_ORDER: "A later request of the session came before.",
    AnswerCode.BUDGET_EXHAUSTED: "A budget does not bear it.",
    AnswerCode.RATE_LIMITED: "A budget does not bear it now; ask again later.",
    AnswerCode.SESSION_LIMIT_REACHED: "As many sessions run as may run at once.",
    AnswerCode.STOPPED_BY_POLICY: "A policy forbids it.",
    AnswerCode.CLOCK_OUT_OF_BOUNDS: "Its time is too far from the time here.",
    AnswerCode.TERMINATED: "The session was told to end; its last report is awaited.",
    AnswerCode.MOVING: MOVING,
    AnswerCode.UNKNOWN_THRESHOLD: "The account has no such threshold that can be followed.",
}
