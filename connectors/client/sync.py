"""The client for programs with threads. One client may be used by several of them."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TypeVar

import httpx

from connectors.client.calls import Call, Course, Pause, Reply, Send
from connectors.client.dialogue import VALID_FOR_S, Dialogue, Settled
from connectors.client.options import ClientOptions, desk_of
from connectors.client.spread import sync_client
from connectors.client.words import Answer, Service, Units

T = TypeVar("T")


class Client:
    """Asks the owners of a tenant's accounts, by gateways or by the doors of charging workers."""

    def __init__(
        self,
        *addresses: str,
        tenant: str,
        key: str,
        options: ClientOptions | None = None,
    ) -> None:
        chosen = options or ClientOptions()
        self.desk = desk_of(addresses, tenant, key, chosen)
        self._http = sync_client(chosen.connections)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check(self, service_id: str, *services: Service) -> Answer:
        """What could be granted now, and its price. Raises Unavailable, Refused."""
        return self._ask(self.desk.once("check", service_id, services))

    def debit(self, service_id: str, *services: Service, key: str) -> Answer:
        """Charge at once, whole or not at all; by `key` once. Raises Unavailable, Refused."""
        return self._ask(self.desk.once("debit", service_id, services, key))

    def refund(  # noqa: PLR0913 - what is refunded, and how much of it
        self,
        service_id: str,
        *,
        key: str,
        session: str = "",
        debit: str = "",
        part: Units | None = None,
        usage: Units | None = None,
    ) -> Answer:
        """Give back what an ended session or a debit has cost, or `part` of it by resource, or what
        so much of its `usage` has cost, by unit.

        By `key` once. Raises Unavailable, Refused.
        """
        of = {"session": session, "debit": debit}
        return self._ask(self.desk.refund(service_id, key, of=of, part=part, usage=usage))

    def balance(self, service_id: str) -> Answer:
        """What the service's account has left, under `balances` of what was told; where thresholds
        stand, under `thresholds`."""
        return self._ask(self.desk.balance(service_id))

    def session(
        self, service_id: str, *, session: str = "", valid_for: int = VALID_FOR_S
    ) -> "Session":
        """A new session; its name is made up where none is given. `valid_for` is in seconds."""
        dialogue = self.desk.dialogue(service_id, session=session, valid_for=valid_for)
        return Session(self, dialogue)

    def settle(self) -> Settled:
        """Tell what was used without an answer. Raises Unavailable while there is no owner."""
        return self.drive(self.desk.settle())

    def drive(self, course: Course[T]) -> T:
        """Do what a course asks for, to its end."""
        reply: Reply | None = None
        try:
            while True:
                step = course.send(reply)
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    reply = None
                else:
                    reply = self._post(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            course.close()

    def close(self) -> None:
        """Let connections and the journal's file go."""
        self._http.close()
        self.desk.journal.close()

    def _ask(self, call: Call) -> Answer:
        return self.drive(self.desk.caller.call(call))

    def _post(self, step: Send) -> Reply | None:
        try:
            found = self._http.post(
                step.url, content=step.body, headers=step.headers, timeout=step.timeout_s
            )
        except httpx.TransportError:
            return None
        return Reply(found.status_code, found.headers, found.content)


class Session:
    """One session; its requests are made one after the other. Left as a context, it is released
    where nothing has ended it."""

    def __init__(self, client: Client, dialogue: Dialogue) -> None:
        self._client = client
        self.dialogue = dialogue
        self._is_open = False

    @property
    def name(self) -> str:
        """What the owner knows it by."""
        return self.dialogue.session

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_open:
            self.release()

    def reserve(self, *services: Service) -> Answer:
        """Open it: units are granted and what they cost is set aside. Raises Unavailable."""
        return self._ask("reserve", services)

    def extend(self, *services: Service) -> Answer:
        """Report what was used, ask for more. Raises Unavailable."""
        return self._ask("extend", services)

    def lease(self, *services: Service) -> Answer:
        """Reserve or extend by a signed grant. Raises Unavailable."""
        return self._ask("lease", services)

    def confirm(self, *services: Service) -> Answer:
        """Report the last use and be charged. Without an owner it is told later."""
        return self._ask("confirm", services)

    def release(self) -> Answer:
        """End it without more use. Without an owner it is told later."""
        return self._ask("release", ())

    def _ask(self, verb: str, services: Sequence[Service]) -> Answer:
        self._is_open = verb not in ("confirm", "release")
        return self._client.drive(self.dialogue.ask(verb, services))
