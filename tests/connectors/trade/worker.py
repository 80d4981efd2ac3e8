"""A charging worker without a log: the core in memory, read and told as by its online door."""

from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import httpx
from msgspec.structs import replace

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import read_catalog
from connectors.errors import Unavailable
from connectors.online.forms import VERBS, read_request
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.charging_session import ChargingSession, Verb
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant
from streams.model.rated import RatedUsage
from streams.model.session_command import SessionCommand
from streams.state import Effects, Table
from topologies.online import told

START: Instant = 1_740_873_600 * SECOND
"""2025-03-02T00:00:00Z."""


def load(text: str, folder: Path) -> Catalog:
    (folder / "catalog.yaml").write_text(text)
    found = read_catalog(folder)
    assert isinstance(found, Catalog), found
    return found


@dataclass
class MemoryWorker:
    """Accounts of one tenant, each its own root, and all that was charged."""

    catalog: Catalog
    plan: str = "plan"
    at: Instant = START
    state: MemoryState = field(default_factory=MemoryState)
    charges: list[RatedUsage] = field(default_factory=list)
    signals: list[SessionCommand] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    is_away: bool = False
    loses_answers: int = 0

    def __post_init__(self) -> None:
        plan = compile_plan(self.catalog)
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self.services: dict[str, str] = {}
        self.apply(ActivateCatalog("a", self.catalog.tenant, plan.version, BEGINNING))

    def account(self, name: str, service: str, money: str) -> None:
        tenant, currency = self.catalog.tenant, self.catalog.currencies[0].code
        self.apply(PutAccount(f"p{name}", tenant, name, name, "prepaid", currency, "UTC", None))
        self.apply(
            AssignService(
                f"s{name}", tenant, service, name, name, name, self.plan, BEGINNING, FOREVER
            )
        )
        if Decimal(money):
            self.apply(
                TopUp(f"t{name}", tenant, name, name, Decimal(money), currency, self.at, "x")
            )
        self.services[service] = name

    def apply(self, command: Command) -> None:
        effects = Effects()
        self.core.apply_command(command, state=self.state, effects=effects)
        self._done(effects)

    def tick(self, seconds: int) -> None:
        self.at += seconds * SECOND
        self.apply(Tick(f"tick/{self.at}", self.at))

    def left(self, name: str) -> tuple[Decimal, Decimal]:
        """Money that is available, and set aside."""
        key = f"{self.catalog.tenant}\0{name}".encode()
        balances: Balances = self.state.get(Table.BALANCES, key) or Balances()
        money = [each for each in balances.buckets if each.resource == "CHF"]
        return (
            sum((Decimal(each.remaining) for each in money), Decimal(0)),
            sum((Decimal(each.reserved) for each in money), Decimal(0)),
        )

    def sessions(self) -> list[ChargingSession]:
        return list(self.state.table(Table.SESSIONS).values())

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], *, tenant: str, service_id: str
    ) -> httpx.Response:
        self.asked.append((path, headers))
        if self.is_away:
            raise Unavailable("no charging worker answers; try again")
        parts = [unquote(each) for each in path.strip("/").split("/")]
        verb, name = parts[-1], parts[-2] if parts[-3] == "sessions" else ""
        assert parts[:3] == ["v1", "tenants", tenant]
        assert verb in VERBS
        request = read_request(
            tenant, cast(Verb, verb), name or headers.get("idempotency-key", ""), body
        )
        root = self.services.get(request.service_id)
        if root is None or tenant != self.catalog.tenant:
            return httpx.Response(HTTPStatus.MISDIRECTED_REQUEST, json={"detail": "not here"})
        effects = Effects()
        answer = self.core.ask(
            replace(request, root=root, at=self.at), state=self.state, effects=effects
        )
        self._done(effects)
        if self.loses_answers:
            self.loses_answers -= 1
            raise Unavailable("the answer was lost")
        said = told(answer)
        more: Any = {"content-type": said.media_type, **said.headers}
        return httpx.Response(said.status, content=said.body, headers=more)

    def _done(self, effects: Effects) -> None:
        self.charges += effects.rated
        self.core.settle(self.state, effects)
        self.signals += effects.signals
