"""The keeper: facts to topic `accounts`, suspense and its release, ticks. One leader, standbys."""

from contextlib import closing

from connectors import clock
from connectors.kafka.client import await_broker
from connectors.kafka.leadership import Leadership
from streams.model.instant import SECOND
from topologies.follower_metrics import serve
from topologies.keeper.keeper import NAME, Keeper
from topologies.keeper.ticks import Ticker
from topologies.settings import Settings
from topologies.stopping import stop_requests

__all__ = ["Keeper", "Ticker", "run"]


def run(settings: Settings) -> None:
    """Keep until SIGTERM. Raises ConnectorError; nothing is lost, the next leader goes on."""
    stopping = stop_requests()
    serve(settings.metrics_port)
    await_broker(settings.kafka)
    with Leadership(settings.kafka, NAME) as leadership:
        if not leadership.wait(stopping.is_set):
            return
        with (
            Keeper(settings.kafka, retry_after=settings.release_every_s * SECOND) as keeper,
            closing(Ticker(settings.kafka, every_s=settings.tick_every_s)) as ticker,
        ):
            while not stopping.is_set():
                leadership.check()
                keeper.turn()
                ticker.turn(clock.now())
