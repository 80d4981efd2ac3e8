"""Make the topics, and refuse those that do not fit: partitions are fixed when a topic is made."""

from collections.abc import Mapping
from concurrent.futures import Future
from time import monotonic, sleep

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from connectors.errors import Refused, Unavailable
from connectors.kafka.topics import TOPICS, Topic
from connectors.settings import KafkaSettings

_TIMEOUT_S = 15.0
_ASK_S = 2.0
_SERVED_WITHIN_S = 90.0
"""Each partition is a folder made and synced, which takes its time on a busy disk."""
_DURABLE = (Topic.CHARGING, Topic.LEDGER)


def ensure_topics(
    settings: KafkaSettings, *, flush: bool | None = None, within_s: float = _TIMEOUT_S
) -> list[str]:
    """Make the topics that are missing and return their names.

    `flush` writes each record of the money topics to disk before it is acknowledged, which stands
    in for replicas on a single broker; None leaves that to the broker. Raises `Refused` when a
    topic has another number of partitions than the settings say, `Unavailable` when the broker is
    away.
    """
    client = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    present = _partitions(client, settings, within_s)
    _check(settings, present)
    wanted = [_new_topic(topic, settings) for topic in TOPICS if _is_new(topic, settings, present)]
    made = client.create_topics(wanted, operation_timeout=_TIMEOUT_S) if wanted else {}
    for name, future in made.items():
        _await_made(name, future)
    if wanted:
        _await_served(settings)
    if flush is not None:
        _set_flush(client, settings, every="1" if flush else None)
    return [topic.topic for topic in wanted]


def _is_new(topic: Topic, settings: KafkaSettings, present: Mapping[str, int]) -> bool:
    return name_of(topic, settings) not in present


def name_of(topic: Topic, settings: KafkaSettings) -> str:
    """Return the topic's name on this broker."""
    return settings.prefix + topic


def partitions_of(topic: Topic, settings: KafkaSettings) -> int:
    """Return how many partitions the topic has by our settings."""
    return TOPICS[topic].partitions or settings.partitions


def _new_topic(topic: Topic, settings: KafkaSettings) -> NewTopic:
    return NewTopic(
        name_of(topic, settings),
        num_partitions=partitions_of(topic, settings),
        replication_factor=settings.replication,
        config=dict(TOPICS[topic].config),
    )


def _set_flush(client: AdminClient, settings: KafkaSettings, *, every: str | None) -> None:
    """Also for topics that exist, because `--fast` may come and go between starts."""
    operation = AlterConfigOpType.DELETE if every is None else AlterConfigOpType.SET
    changed = [
        ConfigResource(
            ResourceType.TOPIC,
            name_of(topic, settings),
            incremental_configs=[
                ConfigEntry("flush.messages", every, incremental_operation=operation)
            ],
        )
        for topic in _DURABLE
    ]
    for resource, future in client.incremental_alter_configs(changed).items():
        try:
            future.result(_TIMEOUT_S)
        except KafkaException as error:
            raise Refused(f"Topic {resource.name} cannot be changed: {error}") from error


def _partitions(client: AdminClient, settings: KafkaSettings, within_s: float) -> Mapping[str, int]:
    try:
        topics = client.list_topics(timeout=within_s).topics
    except KafkaException as error:
        raise Unavailable(f"No Kafka broker answers at {settings.bootstrap}: {error}") from error
    return {name: len(topic.partitions) for name, topic in topics.items()}


def _check(settings: KafkaSettings, present: Mapping[str, int]) -> None:
    for topic in TOPICS:
        name = name_of(topic, settings)
        found, wanted = present.get(name), partitions_of(topic, settings)
        if found is None or found == wanted:
            continue
        if TOPICS[topic].partitions is None:
            raise Refused(
                f"Topic {name} has {found} partitions, the settings say {wanted}. Accounts stay in "
                f"their partition for good, so this number never changes: set VIVACE_PARTITIONS "
                f"to {found}, or use another topic prefix."
            )
        if found < wanted:
            raise Refused(
                f"Topic {name} has {found} partitions, at least {wanted} are needed. Add "
                f"partitions to it, or use another topic prefix."
            )


def _await_served(settings: KafkaSettings) -> None:
    """A topic is known to the controller first and served by its leaders a little later."""
    deadline = monotonic() + _SERVED_WITHIN_S
    while not _are_served(settings):
        if monotonic() > deadline:
            raise Unavailable(f"The broker at {settings.bootstrap} does not serve its new topics")
        sleep(0.02)


def _are_served(settings: KafkaSettings) -> bool:
    """Ask each leader, because the metadata names it before it has taken the partition.

    Each time by a new client: one that once learned of a partition without a leader keeps to that.
    """
    client = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    partitions = {
        TopicPartition(name_of(topic, settings), number): OffsetSpec.earliest()
        for topic in TOPICS
        for number in range(partitions_of(topic, settings))
    }
    asked = client.list_offsets(partitions, request_timeout=_ASK_S)
    return all(future.exception() is None for future in asked.values())


def _await_made(name: str, future: Future[None]) -> None:
    try:
        future.result(_TIMEOUT_S)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise Refused(f"Topic {name} cannot be made: {error}") from error
