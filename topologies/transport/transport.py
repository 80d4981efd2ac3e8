"""The transport under which Faust finds our consumer and producer."""

from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver

from topologies.transport.consumer import BatchConsumer
from topologies.transport.producer import AcknowledgedProducer

SCHEME = "batch"
"""Scheme of the broker's address that chooses this transport: `batch://host:port`."""


class Transport(driver.Transport):  # type: ignore[misc]
    """aiokafka below, batches above."""

    Consumer = BatchConsumer
    Producer = AcknowledgedProducer


def register() -> None:
    """Make Faust know the scheme."""
    TRANSPORTS.aliases[SCHEME] = f"{Transport.__module__}:{Transport.__qualname__}"
