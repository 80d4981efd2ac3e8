"""What mediation makes, on its way to the broker: a batch is done when all of it is acknowledged.

Usage and commands go to `charging`, each to the partition it was routed to; what was not passed on
goes to `suspense`, `errors` or `outcomes`.
"""

from collections.abc import Awaitable, Iterator
from typing import Any, Final

from connectors.errors import Refused
from connectors.kafka.avro import encode
from connectors.kafka.codec import encode_commands, encode_usage_batch, position_key, suspense_key
from connectors.kafka.topics import MESSAGE_BYTES_MAX, Topic
from connectors.steps import Step, passed
from streams.model.command import Command
from streams.model.refused import RefusedRecord
from streams.model.usage import UsageBatch
from topologies import metrics
from topologies.runner import MediationOutput

TOPIC_OF_STATE: Final = {
    "suspended": Topic.SUSPENSE,
    "charged": Topic.SUSPENSE,
    "discarded": Topic.SUSPENSE,
    "error": Topic.ERRORS,
    "ignored": Topic.OUTCOMES,
    "duplicate": Topic.OUTCOMES,
}
"""Where a refused record goes by what became of it."""


def key_of(refused: RefusedRecord) -> bytes:
    """The record's key: its id and position where it waits, its position where it ended."""
    if TOPIC_OF_STATE[refused.state] is Topic.SUSPENSE:
        return suspense_key(refused.record_id, refused.position)
    return position_key(refused.position)


def charging_messages(batch: UsageBatch) -> Iterator[bytes]:
    """The batch as messages, halved until each is within the largest message. Raises Refused."""
    packed = encode_usage_batch(batch)
    if len(packed) <= MESSAGE_BYTES_MAX:
        yield packed
        return
    half = len(batch.records) // 2
    if half == 0:
        raise Refused(f"one record of {len(packed)} bytes is too large for topic charging")
    for records in (batch.records[:half], batch.records[half:]):
        yield from charging_messages(
            UsageBatch(batch.topic_id, batch.partition, batch.catalog_version, records)
        )


class MediationOutputs:
    """Sends what a batch became, by Faust's producer, and waits until the broker has all of it."""

    def __init__(self, producer: Any, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    async def send(self, output: MediationOutput) -> None:
        """Return when everything is acknowledged. Raises what the client raises."""
        pending: list[Awaitable[Any]] = []
        for partition, packed in _for_charging(output):
            pending.append(await self._hand_over(Topic.CHARGING, None, packed, partition))
            passed(Step.MEDIATION_BETWEEN_OUTPUTS)
        for refused in (*output.refused, *output.closed):
            topic = TOPIC_OF_STATE[refused.state]
            packed = encode(topic, refused)
            pending.append(await self._hand_over(topic, key_of(refused), packed, None))
        for acknowledged in pending:
            await acknowledged
        passed(Step.MEDIATION_AFTER_PRODUCE)
        _count(output)

    async def _hand_over(
        self, topic: Topic, key: bytes | None, value: bytes, partition: int | None
    ) -> Awaitable[Any]:
        name = f"{self._prefix}{topic}"
        sent: Awaitable[Any] = await self._producer.send(name, key, value, partition, None, None)
        return sent


def _for_charging(output: MediationOutput) -> Iterator[tuple[int, bytes]]:
    for partition, batches in output.batches.items():
        for batch in batches:
            for packed in charging_messages(batch):
                yield partition, packed
    for partition, commands in output.commands.items():
        for packed in command_messages(tuple(commands)):
            yield partition, packed


def command_messages(commands: tuple[Command, ...]) -> Iterator[bytes]:
    """The commands as messages, halved until each is within the largest message."""
    packed = encode_commands(commands)
    if len(packed) <= MESSAGE_BYTES_MAX or len(commands) == 1:
        yield packed
        return
    half = len(commands) // 2
    yield from command_messages(commands[:half])
    yield from command_messages(commands[half:])


def _count(output: MediationOutput) -> None:
    metrics.PASSED.inc(
        sum(len(batch.records) for batches in output.batches.values() for batch in batches)
    )
    for refused in output.refused:
        metrics.REFUSED.labels(refused.state, refused.code).inc()
