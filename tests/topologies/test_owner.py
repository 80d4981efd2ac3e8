"""What an owner does with batches, commands, requests and faults, in memory."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.errors import Corrupted, Unavailable
from connectors.kafka.codec import decode_charging, decode_ledger, encode_ledger
from streams.model.command import (
    ActivateCatalog,
    Command,
    Forwarded,
    PartnerVolume,
    PutPartnerTier,
    Receipt,
    Relayed,
    Tick,
)
from streams.model.ledger import WHOLE, LedgerRecord
from streams.model.usage import UsageBatch
from streams.outcome import RejectReason
from streams.state import Table
from tests.topologies.owner_parts import (
    MemoryLedger,
    OwnerWorld,
    asking,
    command_message,
    offered,
    usage,
    usage_message,
)
from topologies.disk import RocksDisk
from topologies.reject_limit import RejectLimit, TooManyRejects
from topologies.requests import RequestFailed
from topologies.state import Store


@dataclass
class Bench:
    """Makes worlds over one disk and one ledger."""

    path: Path
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def world(self, **options: Any) -> OwnerWorld:
        self.store = Store(RocksDisk(self.path / "state"))
        return OwnerWorld(self.store, self.ledger, **options)

    def steps(self) -> list[LedgerRecord]:
        records = [decode_ledger(value) for value in self.ledger.values]
        return [record for record in records if record.kind == "step"]

    def total(self, service: str = "phone") -> object:
        return self.store.get(Table.COUNTERS, service.encode())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def commands_of(value: bytes) -> tuple[Command, ...]:
    message = decode_charging(value)
    assert isinstance(message, tuple)
    return message


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_a_batch_is_charged_acknowledged_and_survives_a_restart(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(records_first=2, records_max=2)
        await world.start()
        await world.take(offered(0, usage_message(*map(usage, range(5)))))
        assert bench.total() == 5
        assert world.source.acknowledged == [0]
        assert [step.written for step in bench.steps()] == [(0, 1), (0, 3), (0, WHOLE)]
        await world.stop()
        again = bench.world()
        await again.start()
        assert again.owner.position() == 1
        assert bench.total() == 5
        await again.stop()

    run(scenario())


def test_what_is_already_written_is_dropped_input_by_input(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        first, second = usage_message(usage(0), usage(1)), usage_message(usage(2))
        await world.take(offered(0, first))
        await world.take(offered(0, first, second))
        assert bench.total() == 3
        assert [step.written for step in bench.steps()] == [(0, WHOLE), (1, WHOLE)]
        await world.stop()

    run(scenario())


def test_a_hole_before_the_batch_is_fetched_first(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        await world.take(offered(3, usage_message(usage(3))))
        assert world.source.dropped == [3]
        assert world.source.rewound == [0]
        await world.stop()

    run(scenario())


def test_a_hole_inside_a_batch_stops_the_owner(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        batch = offered(0, usage_message(usage(0)), usage_message(usage(1)))
        batch.offsets = [0, 2]
        world.owner.offer(batch)
        with pytest.raises(Corrupted, match="a hole at 1"):
            await world.until(lambda: False)
        assert world.source.acknowledged == []
        await world.stop()

    run(scenario())


def test_a_broken_record_is_undone_alone_and_coded(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        records = [usage(0), usage(1, "broken", 7), usage(2)]
        await world.take(offered(0, usage_message(*records)))
        (step,) = bench.steps()
        (verdict,) = step.verdicts
        assert verdict.code == RejectReason.INTERNAL_ERROR
        assert "half-way through" in verdict.detail
        assert verdict.record == records[1]
        assert bench.total() == 2
        assert bench.total("broken") is None
        # A second delivery of it under another offset is silent: its position is the same.
        await world.take(offered(1, usage_message(records[1])))
        assert bench.steps()[-1].verdicts == ()
        await world.stop()

    run(scenario())


def test_beyond_the_limit_the_owner_stops_with_nothing_acknowledged(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(limit=RejectLimit(consecutive=3))
        await world.start()
        records = [usage(number, "broken") for number in range(4)]
        world.owner.offer(offered(0, usage_message(*records)))
        with pytest.raises(TooManyRejects):
            await world.until(lambda: False)
        assert world.source.acknowledged == []
        assert bench.steps() == []
        await world.stop()

    run(scenario())


@pytest.mark.parametrize("fate", ["lose", "hide"])
def test_an_append_of_unknown_fate_is_settled_by_reading(bench: Bench, fate: str) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        bench.ledger.fates = [fate]
        await world.take(offered(0, usage_message(usage(0))))
        assert bench.total() == 1
        assert len(bench.steps()) == 1
        assert world.source.acknowledged == [0]
        await world.stop()

    run(scenario())


def test_an_owner_that_was_overtaken_gives_its_inbox_up(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        other = LedgerRecord(1, "open", 0, b"another", 1, (-1, WHOLE))
        bench.ledger.values.append(encode_ledger(other))
        await world.take(offered(0, usage_message(usage(0))))
        await world.until(lambda: world.source.rewound == [0])
        assert world.source.dropped == [0]
        assert world.source.acknowledged == []
        # Nobody newer is at work: it opened again at once, and takes the same batch.
        await world.take(offered(0, usage_message(usage(0))))
        assert bench.total() == 1
        assert world.owner.figures.lost == 1
        await world.stop()

    run(scenario())


def test_a_step_too_large_to_send_is_halved(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(record_bytes_max=1000)
        await world.start()
        await world.take(offered(0, usage_message(*map(usage, range(40)))))
        assert bench.total() == 40
        assert len(bench.steps()) > 1
        assert all(len(value) <= 1000 for value in bench.ledger.values)
        await world.stop()

    run(scenario())


def test_a_message_is_sent_after_its_step_until_its_receipt(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(resend_s=0.02)
        await world.start()
        await world.take(offered(0, usage_message(usage(0, "away"))))
        await world.until(lambda: len(world.sent) >= 3)
        assert world.owner.in_transit == 1
        (forwarded,) = commands_of(world.sent[0][1])
        assert isinstance(forwarded, Forwarded)
        await world.take(offered(1, command_message(Receipt("r", 1, 0))))
        assert world.owner.in_transit == 0
        await world.stop()

    run(scenario())


def test_messages_in_transit_are_sent_on_by_the_next_owner(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        await world.take(offered(0, usage_message(usage(0, "away"))))
        await world.stop()
        again = bench.world()
        await again.start()
        await again.until(lambda: len(again.sent) == 1)
        await again.stop()

    run(scenario())


@pytest.mark.parametrize(
    "command",
    [
        Forwarded("f", 3, 9, UsageBatch("topic", 0, "", (usage(0),))),
        PartnerVolume("v", 3, 9, "t", "north-ag", "north", "growth", "ada", 0, 1, 5),
        PutPartnerTier("p", 3, 9, "t", "north", "growth", "gold", 0),
    ],
    ids=["record", "volume", "tier"],
)
def test_what_another_partition_sends_is_answered_with_a_receipt_each_time(
    bench: Bench, command: Relayed
) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        await world.take(offered(0, command_message(command)))
        await world.take(offered(1, command_message(command)))
        await world.until(lambda: len(world.sent) == 2)
        for partition, value in world.sent:
            (receipt,) = commands_of(value)
            assert (partition, receipt) == (3, Receipt("receipt:3:9:0", 0, 9))
        await world.stop()

    run(scenario())


def test_a_catalog_version_is_waited_for(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(version_poll_s=0.01)
        await world.start()
        activate = ActivateCatalog("a", "t", "v1", 0)
        world.owner.offer(offered(0, command_message(Tick("t1", 0), activate), generation=1))
        await world.until(lambda: len(bench.steps()) == 1)
        looked = world.core.looked
        await world.until(lambda: world.core.looked >= looked + 5)
        assert bench.steps()[-1].written == (0, 0)
        world.core.versions.add("v1")
        await world.until(lambda: world.source.acknowledged == [0])
        await world.stop()

    run(scenario())


def test_a_request_is_answered_once_it_is_in_the_ledger(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(now=lambda: 7)
        await world.start()
        answer = await world.owner.ask(asking("one"))
        assert answer.detail == "one"
        (record,) = bench.steps()
        assert (record.requests, record.requested_at) == ((replace(asking("one"), at=7),), 7)
        assert record.inputs == ()
        await world.stop()

    run(scenario())


def test_requests_that_wait_together_share_a_record(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world(now=lambda: 7)
        await world.start()
        answers = [world.owner.ask(asking(name)) for name in ("one", "broken", "two")]
        answers.append(world.owner.ask(asking("three", "check")))
        told = await asyncio.gather(*answers, return_exceptions=True)
        assert [getattr(each, "detail", "") for each in told] == ["one", "", "two", "three"]
        assert isinstance(told[1], RequestFailed)
        (record,) = bench.steps()
        assert record.counts == {"requests": 4}
        put = {key[1:] for key, _ in record.delta if key[0] == Table.META}
        assert (b"one" in put, b"two" in put, b"broken" in put) == (True, True, False)
        await world.stop()

    run(scenario())


def test_a_question_that_changes_nothing_leaves_no_record(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        assert (await world.owner.ask(asking("one", "check"))).detail == "one"
        assert not bench.steps()
        await world.stop()

    run(scenario())


def test_a_request_of_unknown_fate_happens_once(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        bench.ledger.fates = ["lose"]
        await world.owner.ask(asking("now"))
        bench.ledger.fates = ["hide"]
        await world.owner.ask(asking("then"))
        assert [step.requests[0].session for step in bench.steps()] == ["now", "then"]
        await world.stop()

    run(scenario())


def test_closing_abandons_an_append_that_hangs(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        bench.ledger.fates = ["hang"]
        world.owner.offer(offered(0, usage_message(usage(0))))
        answer = world.owner.ask(asking("now"))
        await world.until(lambda: not bench.ledger.fates)
        await world.stop()
        assert world.source.acknowledged == []
        with pytest.raises(Unavailable):
            await asyncio.wait_for(answer, 1)

    run(scenario())


def test_batches_of_an_older_generation_are_dropped(bench: Bench) -> None:
    async def scenario() -> None:
        world = bench.world()
        await world.start()
        world.owner.generation = 2
        await world.take(offered(0, usage_message(usage(0)), generation=1))
        assert world.source.dropped == [0]
        await world.take(offered(0, usage_message(usage(0)), generation=2))
        assert world.source.acknowledged == [0]
        await world.stop()

    run(scenario())
