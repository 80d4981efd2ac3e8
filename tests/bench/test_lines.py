"""Lines of the measurement of doors: what they ask is granted."""

import asyncio

import pytest

from connectors.catalog.load import load_catalog
from infra.bench.lines import STEPS, subscriber_of
from infra.bench.lines_trade import IDENTITY, DiameterLine, Trade, peer_of
from infra.bench.world import CATALOGS
from tests.connectors.trade.test_diameter_wire import Server, free_port
from tests.connectors.trade.worker import MemoryWorker

pytestmark = pytest.mark.xdist_group("diameter")


def test_sessions_by_diameter_are_granted() -> None:
    worker = MemoryWorker(load_catalog(CATALOGS / "mobile-operator"), plan="basic")
    worker.account("ada", subscriber_of(3), "1000")
    port = free_port()
    server = Server(worker, port, [peer_of(3)])
    assert server.node._identity == IDENTITY

    async def sessions() -> None:
        line = DiameterLine(Trade(nchf=0, diameter=port, radius=0, key=""), 3)
        await line.open()
        for session in ("one", "two"):
            for step in STEPS:
                await line.ask(step, session)
        await line.close()

    asyncio.run(sessions())
    server.close()
    charged = [charge.record.usage_type for charge in worker.charges]
    assert charged.count("voice_call") == 2
