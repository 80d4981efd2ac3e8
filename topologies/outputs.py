"""What mediation makes, on its way to the broker: a batch is done when all of it is acknowledged.

Usage and commands go to `charging`, each to the partition it was routed to; what was not passed on
goes to `suspense`, `errors` or `outcomes`.
"""

from collections.abc import Awaitable, Iterable, Iterator
from typing import Any, Final

from connectors.kafka.avro import encode
from connectors.kafka.codec import encode_commands, position_key, suspense_key
from connectors.kafka.topics import MESSAGE_BYTES_MAX, Topic
from connectors.kafka.usage_writer import UsageWriter
from connectors.steps import Step, passed
from streams.model.command import Command
from streams.model.refused import RefusedRecord
from streams.model.usage import UsageBatch
from topologies import metrics
from topologies.runner import MediationOutput
from topologies.turns import Place

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


class Packed:
    """What the slices of one batch became: usage is packed at once, so that its records can go."""

    def __init__(self) -> None:
        self.commands: dict[int, list[Command]] = {}
        self.refused: list[RefusedRecord] = []
        self.closed: list[RefusedRecord] = []
        self._writers: dict[tuple[int, str, int, str], UsageWriter] = {}
        self._records = 0

    def add(self, output: MediationOutput) -> None:
        """Take in what a slice became. Raises Refused."""
        for partition, batches in output.batches.items():
            for batch in batches:
                self._writer(partition, batch).write(batch.records)
                self._records += len(batch.records)
        for partition, commands in output.commands.items():
            self.commands.setdefault(partition, []).extend(commands)
        self.refused += output.refused
        self.closed += output.closed

    def _writer(self, partition: int, batch: UsageBatch) -> UsageWriter:
        topic_id, source, version = batch.topic_id, batch.partition, batch.catalog_version
        writer = self._writers.get((partition, topic_id, source, version))
        if writer is None:
            writer = UsageWriter(topic_id=topic_id, partition=source, catalog_version=version)
            self._writers[partition, topic_id, source, version] = writer
        return writer

    def for_charging(self) -> Iterator[tuple[int, bytes]]:
        """The messages of `charging`, each with its partition; nothing may be added after this."""
        for (partition, *_source), writer in self._writers.items():
            for packed in writer.messages():
                yield partition, packed
        for partition, commands in self.commands.items():
            for packed in command_messages(tuple(commands)):
                yield partition, packed

    def count(self) -> None:
        """Tell the metrics."""
        metrics.PASSED.inc(self._records)
        for refused in self.refused:
            metrics.REFUSED.labels(refused.state, refused.code).inc()


class MediationOutputs:
    """Sends what a batch became, by Faust's producer, and waits until the broker has all of it."""

    def __init__(self, producer: Any, prefix: str) -> None:
        self._producer = producer
        self._prefix = prefix

    async def send(self, outputs: Iterable[MediationOutput], place: Place) -> None:
        """Return when everything is acknowledged. Raises what the client raises.

        Outputs are made in the turns that `place` gets; nothing leaves before the last one is made.
        """
        packed = Packed()
        await place.come()
        for output in outputs:
            packed.add(output)
            await place.go_on()
        pending: list[Awaitable[Any]] = []
        for partition, message in packed.for_charging():
            pending.append(await self._hand_over(Topic.CHARGING, None, message, partition))
            passed(Step.MEDIATION_BETWEEN_OUTPUTS)
        for refused in (*packed.refused, *packed.closed):
            topic = TOPIC_OF_STATE[refused.state]
            message = encode(topic, refused)
            pending.append(await self._hand_over(topic, key_of(refused), message, None))
        for acknowledged in pending:
            await acknowledged
        passed(Step.MEDIATION_AFTER_PRODUCE)
        packed.count()

    async def _hand_over(
        self, topic: Topic, key: bytes | None, value: bytes, partition: int | None
    ) -> Awaitable[Any]:
        name = f"{self._prefix}{topic}"
        sent: Awaitable[Any] = await self._producer.send(name, key, value, partition, None, None)
        return sent


def command_messages(commands: tuple[Command, ...]) -> Iterator[bytes]:
    """The commands as messages, halved until each is within the largest message."""
    packed = encode_commands(commands)
    if len(packed) <= MESSAGE_BYTES_MAX or len(commands) == 1:
        yield packed
        return
    half = len(commands) // 2
    yield from command_messages(commands[:half])
    yield from command_messages(commands[half:])
