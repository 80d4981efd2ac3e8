"""Sessions as their caller leads them: what is asked, told, used without an answer, and settled.

Everything here is a course: `sync` and `aio` drive it. Requests of one session are made one after
the other.

A report that found no owner is told again by the same name, so it counts once. Where the session
was over meanwhile, it is told as the beginning of another one of the same name and sequence: the
owner that had heard of it says that there is no such session any more, any other charges it.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from connectors.client.calls import Call, Caller, Course
from connectors.client.journal import ENTRIES_MAX, Entry, Journal
from connectors.client.offline import DENY, Rules, added
from connectors.client.words import OFFLINE, Answer, Service, ServiceAnswer, Units
from connectors.errors import Refused, Unavailable

VALID_FOR_S: Final = 60
QUIET_S: Final = 1.0
"""After a request that found no owner, services that may be used without one ask no owner."""
_SETTLED_AT_ONCE: Final = 4
"""Sessions that a request tells of besides, once its service's owner answers again."""
_AWAY_KEPT: Final = 65_536
_LATE_S: Final = 1
_ENDS: Final = ("confirm", "release")
_LAST: Final = 2**52
"""The sequence of the end of a session whose use so far is kept: that and its real end are one
request, of which the owner takes the first."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """What was told of the journal: how many, and those that the owner would not have."""

    told: int = 0
    refused: tuple[tuple[Entry, str], ...] = ()


@dataclass(frozen=True)
class Desk:
    """What all dialogues of a client share. `gateway` is who follows what is commanded of them."""

    tenant: str
    caller: Caller
    journal: Journal
    rules: Rules
    now: Callable[[], float]
    gateway: str = ""
    away: dict[str, float] = field(default_factory=dict)

    def once(self, verb: str, service_id: str, services: Sequence[Service], key: str = "") -> Call:
        """A request without a session; `key` is its Idempotency-Key."""
        body = {"services": [each.body() for each in services]}
        return self.plain(verb, service_id, body, key)

    def refund(
        self,
        service_id: str,
        key: str,
        *,
        of: Mapping[str, str],
        part: Units | None,
        usage: Units | None,
    ) -> Call:
        """What gives back a session or a debit, or a part of it; by `key` once.

        `part` is by resource, `usage` by unit.
        """
        body = {**of, "part": _numbers(part), "usage": _numbers(usage)}
        return self.plain("refund", service_id, body, key)

    def balance(self, service_id: str) -> Call:
        """What asks for what is left."""
        return self.plain("balance", service_id, {})

    def dialogue(self, service_id: str, *, session: str, valid_for: int) -> "Dialogue":
        """A new session; its name is made up where none is given."""
        return Dialogue(self, service_id, session=session or str(uuid4()), valid_for=valid_for)

    def plain(self, verb: str, service_id: str, body: Mapping[str, Any], key: str = "") -> Call:
        """A request whose body has members of its own."""
        path = f"/v1/tenants/{quote(self.tenant, safe='')}/{verb}"
        told = {"service_id": service_id} | {name: value for name, value in body.items() if value}
        return Call(service_id=service_id, path=path, key=key, body=_packed(told))

    def of(self, entry: Entry, lease: str = "") -> Call:
        """The request of an entry."""
        place = f"{quote(self.tenant, safe='')}/sessions/{quote(entry.session, safe='')}"
        return Call(
            service_id=entry.service_id,
            path=f"/v1/tenants/{place}/{entry.verb}",
            key=entry.key,
            body=_packed(entry.body() | ({"gateway": self.gateway} if self.gateway else {})),
            lease=lease,
        )

    def is_away(self, service_id: str) -> bool:
        """True just after a request of the service found no owner."""
        return self.now() < self.away.get(service_id, 0.0)

    def note_away(self, service_id: str) -> None:
        """A request of the service found no owner."""
        if len(self.away) >= _AWAY_KEPT:
            self.away.clear()
        self.away[service_id] = self.now() + QUIET_S

    def settle(self, *, service_id: str = "", sessions: int = ENTRIES_MAX) -> Course[Settled]:
        """Tell what waits in the journal, of one service or of all. Raises Unavailable."""
        told = 0
        refused: list[tuple[Entry, str]] = []
        for _ in range(sessions):
            session = self.journal.claim(service_id=service_id)
            if not session:
                break
            try:
                done = yield from self.tell(session)
            finally:
                self.journal.release(session)
            told += done.told
            refused += done.refused
        return Settled(told, tuple(refused))

    def tell(self, session: str) -> Course[Settled]:
        """Tell what a claimed session has not told yet. Raises Unavailable."""
        told = 0
        refused: list[tuple[Entry, str]] = []
        while entries := self.journal.of(session):
            for entry in entries:
                why = yield from self._tell(entry)
                self.journal.done(entry)
                told += 1
                if why:
                    _log.warning("the owner refuses what %s tells: %s", entry.key, why)
                    refused.append((entry, why))
        return Settled(told, tuple(refused))

    def _tell(self, entry: Entry) -> Course[str]:
        """Tell it; why the owner would not have it, empty where it has it."""
        try:
            answer = yield from self.caller.call(self.of(entry))
            if answer.code not in ("unknown_session", "idempotency_conflict") or not entry.has_use:
                return ""
            answer = yield from self.caller.call(self.of(_late(entry)))
        except Refused as error:
            return str(error)
        is_refused = answer.code in ("idempotency_conflict", "not_rated")
        return answer.detail or answer.code if is_refused else ""


def _late(entry: Entry) -> Entry:
    """The use of an entry whose session is over, as the beginning of another."""
    services = tuple(
        replace(each, requested={}) for each in entry.services if each.used or each.used_after
    )
    return replace(entry, verb="reserve", services=services, valid_for=_LATE_S)


class Dialogue:
    """One session, from its first request to its end."""

    def __init__(self, desk: Desk, service_id: str, *, session: str, valid_for: int) -> None:
        self.session = session
        self.service_id = service_id
        self._desk = desk
        self._valid_for = valid_for
        self._sequence = 0
        self._kept: Entry | None = None
        self._unasked: dict[str, Decimal] = {}

    def ask(self, verb: str, services: Sequence[Service], *, lease: str = "") -> Course[Answer]:
        """The owner's answer, or that of the offline rules; with the lease that it reports on.

        Raises Unavailable where they allow nothing: what was used is kept all the same and told
        later. Raises Refused.
        """
        entry = self._entry(verb, services)
        if self._desk.is_away(self.service_id) and self._may_go_on(verb, services):
            return self._alone(entry, "no owner answered just now")
        try:
            yield from self._catch_up()
            answer = yield from self._desk.caller.call(self._desk.of(entry, lease))
            if answer.code == "unknown_session" and entry.has_use:
                answer = yield from self._begin_again(entry, answer)
        except Unavailable as error:
            self._desk.note_away(self.service_id)
            return self._alone(entry, str(error))
        self._desk.away.pop(self.service_id, None)
        self._unasked.clear()
        if self._kept is not None and entry.sequence == _LAST:
            self._desk.journal.done(self._kept)
        if len(self._desk.journal):
            yield from self._settle()
        return answer

    def keep(self, services: Sequence[Service]) -> None:
        """Should the process die now, the next one tells this as the session's end.

        Where the journal does not outlive the process nothing is kept. Raises Unavailable where it
        is full.
        """
        if self._desk.journal.is_lasting:
            kept = replace(self._entry("confirm", services), sequence=_LAST)
            self._desk.journal.put(kept, is_open=True)
            self._kept = kept

    def _entry(self, verb: str, services: Sequence[Service]) -> Entry:
        is_end = verb in _ENDS and self._kept is not None
        self._sequence += 1
        return Entry(
            session=self.session,
            sequence=_LAST if is_end else self._sequence,
            verb=verb,
            service_id=self.service_id,
            services=tuple(services),
            valid_for=self._valid_for,
        )

    def _settle(self) -> Course[None]:
        """The owner answers again: tell it what other sessions of the service have used."""
        try:
            yield from self._desk.settle(service_id=self.service_id, sessions=_SETTLED_AT_ONCE)
        except Unavailable:
            return  # it stays in the journal

    def _begin_again(self, entry: Entry, answer: Answer) -> Course[Answer]:
        """The session's validity was over: what this request tells counts all the same."""
        self._desk.journal.put(entry)
        yield from self._catch_up()
        return answer

    def _catch_up(self) -> Course[None]:
        """Tell first what the session could not tell before. Raises Unavailable."""
        journal = self._desk.journal
        if not journal.of(self.session):
            return
        if not journal.claim(session=self.session):
            raise Unavailable(f"session {self.session} is being settled")
        try:
            yield from self._desk.tell(self.session)
        finally:
            journal.release(self.session)

    def _may_go_on(self, verb: str, services: Sequence[Service]) -> bool:
        if verb in _ENDS:
            return True
        return any(self._desk.rules.get(each.usage_type, DENY) != DENY for each in services)

    def _alone(self, entry: Entry, why: str) -> Answer:
        """Answer by the rules; what must be told is kept. Raises Unavailable."""
        is_end = entry.verb in _ENDS
        if is_end or entry.has_use:
            self._desk.journal.put(entry)
        if is_end:
            return Answer(code=OFFLINE, status=0, detail=why)
        answered = tuple(self._grant(each) for each in entry.services)
        if not any(each.granted for each in answered):
            raise Unavailable(why)
        return Answer(code=OFFLINE, status=0, services=answered, detail=why)

    def _grant(self, asked: Service) -> ServiceAnswer:
        rule = self._desk.rules.get(asked.usage_type, DENY)
        granted = rule.grants(asked, self._unasked.get(asked.group, Decimal(0)))
        if granted:
            last = list(asked.requested)[-1]
            sums = added({last: self._unasked.get(asked.group, Decimal(0))}, {last: granted[last]})
            self._unasked[asked.group] = sums[last]
        wanted = {unit: Decimal(quantity) for unit, quantity in asked.requested.items()}
        return ServiceAnswer(
            group=asked.group, code=OFFLINE, granted=granted, is_final=granted != wanted
        )


def _numbers(quantities: Units | None) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in (quantities or {}).items()}


def _packed(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
