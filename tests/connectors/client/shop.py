"""A charging worker's door in this process: the real door and the real rating, no Kafka behind it.

It can be away, or do what it is asked and lose the answer, as a worker that dies does.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from connectors.api.keys import KeyStore, Scope
from connectors.client.calls import Patience
from connectors.client.options import ClientOptions
from connectors.online.protocol import HttpAnswer, HttpRequest, HttpStream, Reply
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant
from streams.model.rated import RatedUsage
from streams.model.session_command import SessionAction, SignalSessions
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from topologies.online import OnlineDoor, problem

QUICK = Patience(deadline_s=1.0, attempt_s=0.9, first_s=0.01, most_s=0.05)
"""For tests: nobody waits for long."""
_AWAY = problem(HTTPStatus.SERVICE_UNAVAILABLE, "away", {"Retry-After": "0"})


class Shop:
    """One partition with its accounts, behind a door."""

    partition = 0
    is_open = True

    def __init__(self, folder: Path, catalog: Catalog, plan: str, *, currency: str = "CHF") -> None:
        self.tenant = catalog.tenant
        compiled = compile_catalog(catalog)
        self._core = Charging(plans={compiled.version: compiled}, partitions=1, partition=0)
        self._state = MemoryState()
        self._plan, self._currency = plan, currency
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.ahead: Instant = 0
        self.charges: list[RatedUsage] = []
        self.verbs: Counter[str] = Counter()
        self.is_away = False
        self.signals = 0
        self.losing: Callable[[ChargingRequest], bool] = lambda _: False
        self._lost = False
        keys = KeyStore(folder)
        _, self.key = keys.create(name="w", scope=Scope.WRITE, tenant=self.tenant, at=0)
        self._door = OnlineDoor({0: self}, keys, partitions=1)  # type: ignore[dict-item]
        self._answer, self._door.answer = self._door.answer, self._answered  # type: ignore[method-assign]
        self.address = self.run(self._door.open("127.0.0.1", 0))
        self.apply(ActivateCatalog("a", self.tenant, compiled.version, BEGINNING))

    def account(self, name: str, money: Decimal) -> None:
        tenant, plan, currency = self.tenant, self._plan, self._currency
        self.apply(PutAccount(f"a{name}", tenant, name, name, "prepaid", currency, "UTC", None))
        self.apply(
            AssignService(
                f"s{name}", tenant, f"key-{name}", name, name, name, plan, BEGINNING, FOREVER
            )
        )
        self.apply(TopUp(f"t{name}", tenant, name, name, money, currency, BEGINNING, "test"))

    def apply(self, command: Command) -> None:
        async def apply() -> None:
            effects = Effects()
            self._core.apply_command(command, state=self._state, effects=effects)
            self._settle(effects)
            self._door.wake(self.partition, effects.signals)

        self.run(apply())

    @property
    def streams(self) -> int:
        """How many follow what sessions are told."""
        return self._door._sessions.events.streams

    def close_streams(self) -> None:
        """Whoever follows what sessions are told is sent away, as by a worker that ends."""

        async def close() -> None:
            events = self._door._sessions.events
            events.close()
            while events.streams:
                await asyncio.sleep(0.001)
            events._is_closing = False

        self.run(close())

    def signal(self, name: str, action: SessionAction, **more: Any) -> None:
        """Command the running sessions of an account."""
        self.signals += 1
        command_id, at = f"signal-{self.signals}", self.now()
        self.apply(SignalSessions(command_id, self.tenant, name, name, action, at, **more))

    def pass_time(self, seconds: int) -> None:
        """So much later: sessions whose validity is over are settled."""
        self.ahead += seconds * SECOND
        self.apply(Tick(f"tick-{self.ahead}", self.now()))

    def now(self) -> Instant:
        return time.time_ns() // 1000 + self.ahead

    def left(self, name: str) -> Decimal:
        """What an account has, beside what is set aside."""
        balances = self._state.get(Table.BALANCES, f"{self.tenant}\0{name}".encode()) or Balances()
        return sum((Decimal(each.remaining) for each in balances.buckets), Decimal(0))

    def held(self, name: str) -> Decimal:
        balances = self._state.get(Table.BALANCES, f"{self.tenant}\0{name}".encode()) or Balances()
        return sum((Decimal(each.reserved) for each in balances.buckets), Decimal(0))

    def used(self, unit: str) -> int:
        """All that was charged of a unit."""
        return sum(
            int(usage.quantity)
            for charge in self.charges
            for usage in charge.record.usages
            if usage.unit == unit
        )

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def close(self) -> None:
        self.run(self._door.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # What the door asks of an owner

    def root_of(self, tenant: str, service_id: str) -> str:
        name = service_id.removeprefix("key-")
        known = self._state.get(Table.ACCOUNTS, f"{tenant}\0{name}".encode())
        return name if known is not None else ""

    def look(self) -> MemoryState:
        return self._state

    def ask(self, request: ChargingRequest) -> asyncio.Future[ChargingAnswer]:
        effects = Effects()
        asked = replace(request, at=self.now())
        answer = self._core.ask(asked, state=self._state, effects=effects)
        self._settle(effects)
        self.verbs[request.verb] += 1
        self._lost = self.losing(request)
        future: asyncio.Future[ChargingAnswer] = self._loop.create_future()
        future.set_result(answer)
        return future

    def _settle(self, effects: Effects) -> None:
        self.charges += effects.rated
        self._core.settle(self._state, effects)

    def _answered(self, asked: HttpRequest, reply: Reply) -> None:
        self._lost = False

        def reply_unless_lost(answer: HttpAnswer | HttpStream) -> None:
            reply(_AWAY if self._lost else answer)

        if self.is_away:
            reply(_AWAY)
        else:
            self._answer(asked, reply_unless_lost)

    def options(self, **more: Any) -> ClientOptions:
        """Options of a client that does not wait for long."""
        return ClientOptions(patience=QUICK, **more)
