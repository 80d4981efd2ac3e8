"""The client for programs on asyncio: the same courses, driven by its loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import TypeVar

import httpx

from connectors.client.calls import Call, Course, Pause, Reply, Send
from connectors.client.commands import Commanded, CommandStream
from connectors.client.dialogue import VALID_FOR_S, Dialogue, Settled
from connectors.client.options import ClientOptions, desk_of
from connectors.client.spread import async_client
from connectors.client.words import Answer, Service, Units

T = TypeVar("T")


class AsyncClient:
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
        self._commands = CommandStream(addresses, tenant=tenant, key=key, gateway=chosen.gateway)
        self._http = async_client(chosen.connections)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def check(self, service_id: str, *services: Service) -> Answer:
        """What could be granted now, and its price. Raises Unavailable, Refused."""
        return await self._ask(self.desk.once("check", service_id, services))

    async def debit(self, service_id: str, *services: Service, key: str) -> Answer:
        """Charge at once, whole or not at all; by `key` once. Raises Unavailable, Refused."""
        return await self._ask(self.desk.once("debit", service_id, services, key))

    async def refund(  # noqa: PLR0913 - what is refunded, and how much of it
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
        return await self._ask(self.desk.refund(service_id, key, of=of, part=part, usage=usage))

    async def balance(self, service_id: str) -> Answer:
        """What the service's account has left, under `balances` of what was told; where thresholds
        stand, under `thresholds`."""
        return await self._ask(self.desk.balance(service_id))

    def session(
        self, service_id: str, *, session: str = "", valid_for: int = VALID_FOR_S
    ) -> "AsyncSession":
        """A new session; its name is made up where none is given. `valid_for` is in seconds."""
        dialogue = self.desk.dialogue(service_id, session=session, valid_for=valid_for)
        return AsyncSession(self, dialogue)

    async def settle(self) -> Settled:
        """Tell what was used without an answer. Raises Unavailable while there is no owner."""
        return await self.drive(self.desk.settle())

    def commands(self) -> AsyncIterator[Commanded]:
        """What the sessions of this `gateway` are told, as it is told; for ever. Raises Refused."""
        return self._commands.follow(self._http)

    async def drive(self, course: Course[T]) -> T:
        """Do what a course asks for, to its end."""
        reply: Reply | None = None
        try:
            while True:
                step = course.send(reply)
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    reply = None
                else:
                    reply = await self._post(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            course.close()

    async def close(self) -> None:
        """Let connections and the journal's file go."""
        await self._http.aclose()
        self.desk.journal.close()

    async def _ask(self, call: Call) -> Answer:
        return await self.drive(self.desk.caller.call(call))

    async def _post(self, step: Send) -> Reply | None:
        try:
            found = await self._http.post(
                step.url, content=step.body, headers=step.headers, timeout=step.timeout_s
            )
        except httpx.TransportError:
            return None
        return Reply(found.status_code, found.headers, found.content)


class AsyncSession:
    """One session; its requests are made one after the other. Left as a context, it is released
    where nothing has ended it."""

    def __init__(self, client: AsyncClient, dialogue: Dialogue) -> None:
        self._client = client
        self.dialogue = dialogue
        self._is_open = False

    @property
    def name(self) -> str:
        """What the owner knows it by."""
        return self.dialogue.session

    async def __aenter__(self) -> "AsyncSession":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_open:
            await self.release()

    async def reserve(self, *services: Service) -> Answer:
        """Open it: units are granted and what they cost is set aside. Raises Unavailable."""
        return await self._ask("reserve", services)

    async def extend(self, *services: Service) -> Answer:
        """Report what was used, ask for more. Raises Unavailable."""
        return await self._ask("extend", services)

    async def lease(self, *services: Service) -> Answer:
        """Reserve or extend by a signed grant. Raises Unavailable."""
        return await self._ask("lease", services)

    async def confirm(self, *services: Service) -> Answer:
        """Report the last use and be charged. Without an owner it is told later."""
        return await self._ask("confirm", services)

    async def release(self) -> Answer:
        """End it without more use. Without an owner it is told later."""
        return await self._ask("release", ())

    async def _ask(self, verb: str, services: Sequence[Service]) -> Answer:
        self._is_open = verb not in ("confirm", "release")
        return await self._client.drive(self.dialogue.ask(verb, services))
