"""The dispatcher: ledger → topics `alerts`, `session-commands`, `rated`, `errors`, `outcomes`, each
message once.

What a batch of ledger records makes is committed together with its positions, so that whoever reads
`read_committed` sees every message once whatever dies when.
"""

import gc
import time
from typing import Any, Self

import structlog

from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import await_broker
from connectors.kafka.leadership import Leadership
from connectors.kafka.ledger import LedgerFollower
from connectors.kafka.outgoing import decode_outgoing, outgoing_messages
from connectors.kafka.registry import codec_of
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import PositionedWriter
from connectors.settings import KafkaSettings
from connectors.steps import Step
from topologies.follower_metrics import observe_progress, observe_sent, serve
from topologies.settings import Settings
from topologies.stopping import stop_requests

NAME = "dispatcher"
OUTPUTS = (Topic.ALERTS, Topic.RATED, Topic.SESSION_COMMANDS)

RECORDS_MAX = 64
"""Ledger records in one transaction: a record holds up to 512 KiB of outputs."""

_log: Any = structlog.get_logger()


class Dispatcher:
    """Follows all partitions of the ledger from where the last dispatcher got to."""

    def __init__(self, settings: KafkaSettings, codec: AvroCodec) -> None:
        self._codec = codec
        self._writer = PositionedWriter(
            settings, name=NAME, after_produce=Step.DISPATCHER_AFTER_PRODUCE
        )
        self._follower = LedgerFollower(
            settings, self._writer.take_over(OUTPUTS), decode=decode_outgoing
        )

    def step(self, *, timeout_s: float = 0.5) -> int:
        """Send what the next ledger records make; the number of messages. Raises ConnectorError."""
        records = self._follower.poll(records_max=RECORDS_MAX, timeout_s=timeout_s)
        if not records and not self._writer.needs_commit:
            observe_progress(NAME, self._follower.progress())
            return 0
        began = time.perf_counter()
        messages = [
            message for valid in records for message in outgoing_messages(valid, self._codec)
        ]
        self._writer.commit(messages, self._follower.positions())
        observe_sent(NAME, (message.topic for message in messages), time.perf_counter() - began)
        observe_progress(NAME, self._follower.progress())
        return len(messages)

    def close(self) -> None:
        """Let the connections go."""
        self._writer.close()
        self._follower.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run(settings: Settings) -> None:
    """Dispatch until SIGTERM. Raises ConnectorError; nothing is lost, the next start goes on."""
    stopping = stop_requests()
    serve(settings.metrics_port)
    # A batch is some thousand lists without a cycle, gone when they are sent.
    gc.set_threshold(200_000, 20, 50)
    await_broker(settings.kafka)
    codec = codec_of(settings.registry_url, prefix=settings.kafka.prefix)
    with Leadership(settings.kafka, NAME) as leadership:
        if not leadership.wait(stopping.is_set):
            return
        with Dispatcher(settings.kafka, codec) as dispatcher:
            _log.info("dispatching")
            while not stopping.is_set():
                leadership.check()
                dispatcher.step()
