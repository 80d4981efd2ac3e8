"""Webhooks: topic `alerts` → the receivers that setting `webhooks` lists, a lane each.

A lane that waits for its receiver keeps nobody else waiting: neither other lanes nor the
dispatcher, which is a process of its own.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, Final

import structlog

from connectors.errors import Unavailable
from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import await_broker
from connectors.kafka.leadership import Leadership
from connectors.kafka.registry import codec_of
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from connectors.steps import WebhookStep, passed
from connectors.webhooks.delivery import Patience, Stopped, deliverer_to, new_client
from connectors.webhooks.lane import Lane
from connectors.webhooks.receivers import Receiver, read_receivers
from connectors.webhooks.topics import AlertReader, Undelivered
from topologies.follower_metrics import DELIVERED, GIVEN_UP, serve
from topologies.settings import Settings
from topologies.stopping import stop_requests

NAME: Final = "webhooks"
_TURN_S: Final = 0.5
_log: Any = structlog.get_logger()


def run(settings: Settings) -> None:
    """Deliver until SIGTERM. Raises ConnectorError; the next start delivers what has not ended."""
    stopping = stop_requests()
    serve(settings.metrics_port)
    receivers = read_receivers(settings.webhooks)
    for receiver in receivers:
        receiver.secret()
    await_broker(settings.kafka)
    codec = codec_of(settings.registry_url, prefix=settings.kafka.prefix)
    patience = Patience(attempts=settings.webhook_attempts)
    with Leadership(settings.kafka, NAME) as leadership:
        if not leadership.wait(stopping.is_set):
            return
        _log.info("delivering", receivers=[receiver.id for receiver in receivers])
        with ThreadPoolExecutor(max(1, len(receivers))) as threads:
            lanes = [
                threads.submit(
                    deliver_all, each, settings.kafka, codec, patience=patience, wait=stopping.wait
                )
                for each in receivers
            ]
            try:
                _watch(lanes, leadership, stopping.wait)
            finally:
                stopping.set()


def _watch(
    lanes: list[Future[None]], leadership: Leadership, pause: Callable[[float], bool]
) -> None:
    while not pause(_TURN_S):
        leadership.check()
        ended, _ = wait(lanes, timeout=0, return_when=FIRST_EXCEPTION)
        for lane in ended:
            lane.result()
            raise Unavailable("a lane of webhooks has ended")


def deliver_all(
    receiver: Receiver,
    settings: KafkaSettings,
    codec: AvroCodec,
    *,
    patience: Patience,
    wait: Callable[[float], bool],
) -> None:
    """One lane, until `wait` says so. Raises ConnectorError."""
    name = f"webhook-{receiver.id}"
    with (
        new_client(patience) as client,
        AlertReader(settings, Topic.ALERTS, codec, name=name, from_start=False) as reader,
    ):
        deliverer = deliverer_to(receiver, client, patience=patience, wait=wait)
        lane = Lane(receiver, deliverer, Undelivered(settings, receiver.id))
        try:
            while not wait(0):
                batch = [taken for _, taken in reader.read(_TURN_S)]
                if batch:
                    delivered, given_up = lane.deliver(batch)
                    passed(WebhookStep.BEFORE_ACKNOWLEDGE)
                    reader.acknowledge()
                    DELIVERED.labels(receiver.id).inc(delivered)
                    GIVEN_UP.labels(receiver.id).inc(given_up)
        except Stopped:
            return
        finally:
            lane.close()
