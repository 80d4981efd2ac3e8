"""The doors of the trade beside a worker's own: the same sessions by each, in one run."""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from importlib import import_module
from itertools import accumulate
from typing import Any, Final

from msgspec import Struct

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import load_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.commands import CommandSender
from infra.bench.callers import Answered, answered
from infra.bench.cores import measured_cores, on_cores, other_cores
from infra.bench.doorway import READY_S, Doorway, address_of
from infra.bench.engines import BenchPlace
from infra.bench.lines import STEPS, Line, PlainLine, subscriber_of
from infra.bench.measuring import Tell, own_place
from infra.bench.preload import make_place
from infra.bench.site import Site
from infra.bench.world import CATALOGS
from infra.load.plan import Workload
from infra.ports import free_port
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER

WORKER, TRADE = "charging", "trade"
CALLERS: Final = (1, 8)
_ALL: Final = sum(CALLERS)
"""Each is another: a door may not know yet that one has hung up."""
PLAIN: Final = "plain"
_CATALOG, _PLAN = "mobile-operator", "basic"
_MONEY: Final = Decimal(10_000_000)
_WARM: Final = 0.1
_TRY_AGAIN_S: Final = 0.2


class DoorResult(Struct, kw_only=True):
    """By number of callers, then by verb as the door calls it."""

    callers: dict[str, dict[str, Answered]]


def measure_doors(place: BenchPlace, *, seconds: float, tell: Tell) -> dict[str, DoorResult]:
    """Sessions of calls by each door, for so long by each number of callers."""
    trade: Any = import_module("infra.bench.lines_trade")
    with own_place(place.site, Workload.VOICE) as here:
        opened = _Opened(here, trade)
        ways: dict[str, Callable[[int], Line]] = {
            PLAIN: lambda number: PlainLine(opened.plain, number),
            "Nchf": lambda number: trade.NchfLine(opened.trade, number),
            "Diameter": lambda number: trade.DiameterLine(opened.trade, number),
            "RADIUS": lambda number: trade.RadiusLine(opened.trade, number),
        }
        found = {}
        with on_cores(other_cores()):
            for name, way in ways.items():
                found[name] = DoorResult(callers={})
                for first, callers in zip((0, *accumulate(CALLERS)), CALLERS, strict=False):
                    tell(f"{name}: {callers} callers")
                    lines = [way(first + number) for number in range(callers)]
                    seen = asyncio.run(_sessions(lines, f"{name[0]}{callers}", seconds))
                    found[name].callers[str(callers)] = seen
    return found


class _Opened:
    """A worker, the doors in a process of their own, and accounts with money."""

    def __init__(self, site: Site, trade: Any) -> None:
        make_place(site)
        catalog = load_catalog(CATALOGS / _CATALOG)
        tenant = catalog.tenant
        version = publish(site.kafka, catalog)
        activate(site.kafka, tenant=tenant, version=version, start=BEGINNING)
        keys = KeyStore(site.folder)
        _, key = keys.create(name="bench", scope=Scope.WRITE, tenant=tenant, at=0)
        site.start(WORKER, cores=measured_cores())
        self.trade = trade.Trade(
            nchf=free_port(), diameter=free_port(), radius=free_port(), key=key
        )
        peers = ",".join(trade.peer_of(number) for number in range(_ALL))
        settings = {
            "VIVACE_NCHF_PORT": str(self.trade.nchf),
            "VIVACE_DIAMETER_PORT": str(self.trade.diameter),
            "VIVACE_DIAMETER_IDENTITY": trade.IDENTITY,
            "VIVACE_DIAMETER_PEERS": peers,
            "VIVACE_DIAMETER_KEY": key,
            "VIVACE_RADIUS_PORT": str(self.trade.radius),
            "VIVACE_RADIUS_CLIENTS": f"127.0.0.1={trade.SHARED}",
        }
        site.start(TRADE, cores=other_cores(), extra=settings)
        self.plain = Doorway(address=address_of(site), tenant=tenant, key=key)
        _open_accounts(site, tenant)
        asyncio.run(_is_open(lambda: trade.NchfLine(self.trade, 0)))


def _open_accounts(site: Site, tenant: str) -> None:
    with closing(CommandSender(site.kafka)) as sender:
        for number in range(_ALL):
            name = subscriber_of(number)
            place = (tenant, name, name, name, name, _PLAN, BEGINNING, FOREVER)
            commands = (
                PutAccount(f"a/{name}", tenant, name, name, "prepaid", "CHF", "UTC", None),
                AssignService(f"s/{name}", *place),
                TopUp(f"t/{name}", tenant, name, name, _MONEY, "CHF", BEGINNING, "bench"),
            )
            sent = sender.send(commands)
        sender.wait(sent, timeout_s=READY_S)


async def _is_open(way: Callable[[], Line]) -> None:
    """Wait until a door of the trade answers. Raises TimeoutError."""
    deadline = time.monotonic() + READY_S
    while True:
        line = way()
        try:
            await line.open()
            for step in STEPS:
                await line.ask(step, "first")
        except (OSError, AssertionError, asyncio.IncompleteReadError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the doors of the trade: {error!r}") from error
            await asyncio.sleep(_TRY_AGAIN_S)
        else:
            await line.close()
            return


async def _sessions(lines: list[Line], name: str, seconds: float) -> dict[str, Answered]:
    """What callers see who lead one session after the other, by verb."""
    verbs = lines[0].verbs
    took: dict[str, list[float]] = {verb: [] for verb in verbs.values()}
    for line in lines:
        await line.open()
    began = time.perf_counter()

    async def lead(number: int, line: Line) -> None:
        turn = 0
        while time.perf_counter() - began < seconds:
            for step, verb in verbs.items():
                asked = time.perf_counter()
                await line.ask(step, f"{name}-{number}-{turn}")
                if asked - began >= seconds * _WARM:
                    took[verb].append(time.perf_counter() - asked)
            turn += 1

    await asyncio.gather(*(lead(number, line) for number, line in enumerate(lines)))
    lasted = time.perf_counter() - began - seconds * _WARM
    for line in lines:
        await line.close()
    return {verb: answered(each, lasted) for verb, each in took.items()}
