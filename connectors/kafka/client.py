"""Clients of the broker outside Faust: producers, consumers, admin, and what their errors mean.

Everything that is not an agent talks to Kafka by librdkafka. Settings that decide about loss or
stalls are chosen here, once, with their reason.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from connectors.errors import ConnectorError, Refused, Unavailable
from connectors.kafka.topics import MESSAGE_BYTES_MAX
from connectors.settings import KafkaSettings

REQUEST_TIMEOUT_S: Final = 10.0
"""How long a request for metadata or an admin request may take."""

RETRY_S: Final = 2.0
"""Between two tries to reach a broker that is away."""

_FRAMING_BYTES: Final = 64 * 1024
_REFUSED: Final = frozenset(
    (
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError._AUTHENTICATION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_CONFIG,
        KafkaError._INVALID_ARG,
    )
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What the broker says of a topic: its id (base64url, 22 characters) and its partitions."""

    topic_id: str
    partitions: int


def error_of(error: KafkaError, what: str) -> ConnectorError:
    """What a client's error means to us: `Refused` where trying again cannot help."""
    kind = Refused if error.code() in _REFUSED else Unavailable
    return kind(f"{what}: {error.str()}")


@contextmanager
def mapped_errors(what: str) -> Iterator[None]:
    """Turns the client's exceptions into ours; `what` was tried."""
    try:
        yield
    except KafkaException as error:
        raise error_of(error.args[0], what) from error


def new_producer(settings: KafkaSettings, options: Mapping[str, Any] | None = None) -> Producer:
    """An idempotent producer that waits for all replicas."""
    return Producer(
        {
            "bootstrap.servers": settings.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 5,
            "message.max.bytes": MESSAGE_BYTES_MAX + _FRAMING_BYTES,
            "log_level": 3,
            **(options or {}),
        }
    )


def new_consumer(settings: KafkaSettings, options: Mapping[str, Any] | None = None) -> Consumer:
    """A consumer without a group of its own: positions are kept where the effects are kept."""
    return Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": f"{settings.prefix}follower",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 100,
            # The default of one second idles a partition whenever its queue was full.
            "fetch.queue.backoff.ms": 5,
            "fetch.message.max.bytes": MESSAGE_BYTES_MAX,
            "enable.partition.eof": False,
            "log_level": 3,
            **(options or {}),
        }
    )


def new_admin(settings: KafkaSettings) -> AdminClient:
    """An admin client."""
    return AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 3})


def take(consumer: Consumer, messages_max: int, timeout_s: float) -> list[Any]:
    """The messages that are there, after waiting for the first.

    `consume(n, t)` would wait the whole time for the n-th.
    """
    first: list[Any] = consumer.consume(1, timeout_s)
    if first and messages_max > 1:
        first.extend(consumer.consume(messages_max - 1, 0))
    return first


def bounds(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The first offset in the log and the next to be written. Raises Unavailable, Refused.

    A partition whose leader is being chosen is asked again for `REQUEST_TIMEOUT_S`.
    """
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while True:
        try:
            with mapped_errors(f"{topic}[{partition}]: bounds"):
                first, end = consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=REQUEST_TIMEOUT_S
                )
            return int(first), int(end)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def describe_topics(settings: KafkaSettings, names: Sequence[str]) -> dict[str, TopicFacts]:
    """Facts of the topics that exist; those that do not are left out. Raises Unavailable."""
    if not names:
        return {}
    # The client must outlive its answers: they fail with it.
    admin = new_admin(settings)
    wanted = TopicCollection(list(names))
    found = {}
    for name, future in admin.describe_topics(wanted, request_timeout=REQUEST_TIMEOUT_S).items():
        description = _description_of(future, name)
        if description is not None:
            found[name] = TopicFacts(str(description.topic_id), len(description.partitions))
    return found


def _description_of(future: Future[Any], name: str) -> Any:
    try:
        return future.result(timeout=2 * REQUEST_TIMEOUT_S)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise error_of(error.args[0], f"topic {name}") from error


def session_timeout_min_ms(settings: KafkaSettings) -> int | None:
    """The shortest session time-out of a group that the broker accepts; None where it hides it."""
    admin = new_admin(settings)
    with mapped_errors(f"broker {settings.bootstrap}"):
        cluster = admin.list_topics(timeout=REQUEST_TIMEOUT_S)
        broker = next(iter(cluster.brokers))
        resource = ConfigResource(ResourceType.BROKER, str(broker))
        (future,) = admin.describe_configs([resource], request_timeout=REQUEST_TIMEOUT_S).values()
        entry = future.result(timeout=2 * REQUEST_TIMEOUT_S).get("group.min.session.timeout.ms")
    return None if entry is None or entry.value is None else int(entry.value)


def await_broker(settings: KafkaSettings, *, patience_s: float | None = None) -> None:
    """Return once a broker answers, saying meanwhile what is waited for.

    Without `patience_s` it waits for ever; else it raises Unavailable when that has passed.
    """
    began_at = time.monotonic()
    admin = new_admin(settings)
    while True:
        try:
            admin.list_topics(timeout=RETRY_S)
            return
        except KafkaException as error:
            waited_s = time.monotonic() - began_at
            message = f"no broker at {settings.bootstrap} for {waited_s:.0f} s: {error.args[0]}"
            if patience_s is not None and waited_s >= patience_s:
                raise Unavailable(message) from error
            _log.warning("%s; trying again", message)
            time.sleep(0.5)
