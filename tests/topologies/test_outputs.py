"""What mediation made goes where it belongs, and is done only when all of it is acknowledged."""

import asyncio
from typing import Any

import pytest

from connectors.errors import Refused
from connectors.kafka.avro import decode
from connectors.kafka.codec import decode_charging, position_key, suspense_key
from connectors.kafka.topics import MESSAGE_BYTES_MAX
from streams.model.command import Released
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, Usage, UsageBatch, UsageRecord
from topologies.outputs import MediationOutputs, Packed, command_messages
from topologies.runner import MediationOutput
from topologies.turns import Place, Turns


class Broker:
    """Takes records at once and acknowledges them when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, bytes, int | None]] = []
        self.acknowledgements: list[asyncio.Future[None]] = []

    async def send(self, topic: str, key: Any, value: bytes, partition: Any, *_: Any) -> Any:
        self.sent.append((topic, key, value, partition))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acknowledgements.append(acknowledged)
        return acknowledged


def record(number: int, *, padding: int = 0) -> UsageRecord:
    return UsageRecord(
        number.to_bytes(16, "big"),
        "acme",
        "source",
        str(number),
        0,
        number,
        0,
        "api_call",
        "key-1",
        "a",
        0,
        0,
        (Usage("requests", 1),),
        {"padding": "x" * padding} if padding else {},
    )


def batch(*records: UsageRecord) -> UsageBatch:
    return UsageBatch("T" * 22, 3, "v1", records)


def refused(state: Any, code: str) -> RefusedRecord:
    return RefusedRecord(
        record_id=b"r" * 16,
        tenant="acme",
        source="source",
        event_id="1",
        position=SourcePosition("T" * 22, 3, 7, 0),
        topic="usage",
        state=state,
        code=code,
        stage="parse",
        detail="why",
    )


def test_a_batch_is_done_when_everything_is_acknowledged() -> None:
    """Usage, commands and refusals are handed over together and awaited together."""

    async def scenario() -> None:
        broker = Broker()
        output = MediationOutput(
            batches={2: [batch(record(1))], 5: [batch(record(2))]},
            commands={1: [Released("release/1", batch(record(3)))]},
            refused=[refused("suspended", "unknown_service"), refused("error", "not_parsable")],
        )
        sending = asyncio.create_task(MediationOutputs(broker, "p.").send([output], Place(Turns())))
        await asyncio.sleep(0)
        assert [(topic, place) for topic, _, _, place in broker.sent] == [
            ("p.charging", 2),
            ("p.charging", 5),
            ("p.charging", 1),
            ("p.suspense", None),
            ("p.errors", None),
        ]
        for acknowledged in broker.acknowledgements[:-1]:
            acknowledged.set_result(None)
        await asyncio.sleep(0)
        assert not sending.done()
        broker.acknowledgements[-1].set_result(None)
        await sending

    asyncio.run(scenario())


def test_a_refusal_by_the_broker_reaches_the_agent() -> None:
    """The batch must not be acknowledged when one of its outputs was not."""

    async def scenario() -> None:
        broker = Broker()
        output = MediationOutput(batches={0: [batch(record(1))]})
        sending = asyncio.create_task(MediationOutputs(broker, "").send([output], Place(Turns())))
        await asyncio.sleep(0)
        broker.acknowledgements[0].set_exception(ConnectionError("gone"))
        with pytest.raises(ConnectionError):
            await sending

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("state", "topic"),
    [
        ("suspended", "suspense"),
        ("charged", "suspense"),
        ("discarded", "suspense"),
        ("error", "errors"),
        ("ignored", "outcomes"),
        ("duplicate", "outcomes"),
    ],
)
def test_a_refused_record_goes_by_what_became_of_it(state: Any, topic: str) -> None:
    async def scenario() -> None:
        broker = Broker()
        entry = refused(state, "filtered")
        sending = asyncio.create_task(
            MediationOutputs(broker, "").send([MediationOutput(refused=[entry])], Place(Turns()))
        )
        await asyncio.sleep(0)
        ((found, key, value, _),) = broker.sent
        assert found == topic
        assert decode(topic, value) == entry
        waits = suspense_key(entry.record_id, entry.position)
        assert key == (waits if topic == "suspense" else position_key(entry.position))
        broker.acknowledgements[0].set_result(None)
        await sending

    asyncio.run(scenario())


def messages_of(*slices: UsageBatch) -> list[bytes]:
    packed = Packed()
    for each in slices:
        packed.add(MediationOutput(batches={2: [each]}))
    return [message for _partition, message in packed.for_charging()]


def test_slices_of_a_batch_leave_as_one_message() -> None:
    """It is what the whole batch packed at once would be; other sources and versions keep apart."""
    first, second = (record(1), record(2)), (record(3),)
    other = UsageBatch("T" * 22, 3, "v2", second)
    messages = messages_of(batch(*first), batch(*second), other)
    assert [decode_charging(message) for message in messages] == [batch(*first, *second), other]


def test_large_batches_are_cut_into_messages_that_fit() -> None:
    """No record is lost or moved, and no message is larger than the broker takes."""
    records = [record(number, padding=1_000_000) for number in range(20)]
    messages = messages_of(batch(*records[:7]), batch(*records[7:]))
    assert len(messages) == 3
    assert max(len(message) for message in messages) <= MESSAGE_BYTES_MAX
    decoded = [decode_charging(message) for message in messages]
    assert [r for found in decoded if isinstance(found, UsageBatch) for r in found.records] == (
        records
    )


def test_a_record_may_fill_a_message_to_the_last_byte() -> None:
    empty = messages_of(batch(record(1), record(2, padding=65_536)))
    padding = 65_536 + MESSAGE_BYTES_MAX - len(empty[0])
    (full,) = messages_of(batch(record(1), record(2, padding=padding)))
    assert len(full) == MESSAGE_BYTES_MAX
    assert len(messages_of(batch(record(1), record(2, padding=padding + 1)))) == 2


def test_commands_are_halved_until_they_fit() -> None:
    batches = [batch(record(number, padding=1_000_000)) for number in range(20)]
    commands = tuple(Released(str(number), each) for number, each in enumerate(batches))
    sizes = [len(message) for message in command_messages(commands)]
    assert len(sizes) > 2
    assert max(sizes) <= MESSAGE_BYTES_MAX


def test_one_record_beyond_the_largest_message_is_refused() -> None:
    with pytest.raises(Refused, match=r"one record of .* bytes is too large"):
        messages_of(batch(record(1, padding=MESSAGE_BYTES_MAX)))
