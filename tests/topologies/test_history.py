"""An account's history, read from ClickHouse alone, folds to the same balances again."""

import random
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.catalog.load import load_catalog
from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.money import balances_equal, counters_equal
from connectors.clickhouse.client import Database
from connectors.clickhouse.history import account_history
from connectors.clickhouse.migrate import migrate
from connectors.kafka.client import describe_topics, new_producer
from connectors.kafka.codec import decode_ledger, encode_commands, encode_usage_batch
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.balance_command import TopUp
from streams.model.charging_session import ChargingRequest, ServiceRequest, Verb
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    PartnerVolume,
    PutAccount,
    PutPartnerTier,
    Released,
    Tick,
)
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, instant_of
from streams.model.usage import Usage, UsageBatch, UsageRecord, record_id_of
from streams.partition import partition_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from tests.topologies.test_sink import drain
from topologies.ports import OfferedBatch
from topologies.reject_limit import RejectGauge, RejectLimit
from topologies.step import Cutter, Step, StepComputer, StepHead
from topologies.value_cache import TABLES

TENANT = "ai-api"
ACCOUNTS = ("one", "two")
START = 1_790_812_800_000_000
"""2026-10-01T00:00:00Z."""
FAR = START + 100 * DAY
TIER = (Table.PARTNER_TIERS, f"{TENANT}\0p".encode())


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


class Store:
    """What lies under the overlay: dictionaries."""

    def __init__(self) -> None:
        self.values: list[dict[bytes, Any]] = [{} for _ in range(TABLES)]

    def at_hand(self) -> list[dict[bytes, Any]]:
        return [{} for _ in range(TABLES)]

    def get(self, table: Table, key: bytes) -> Any:
        return self.values[table].get(key)

    def paying(self) -> object:
        return None

    def get_many(self, table: Table, keys: Collection[bytes]) -> Sequence[Any]:
        return [self.get(table, key) for key in keys]

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        held = sorted(entry for entry in self.values[table].items() if start <= entry[0] < end)
        return held[:limit]


class Partition:
    """One partition of `charging` and its owner's steps, in the ledger's real format."""

    def __init__(self, kafka: KafkaSettings, partition: int, core: Charging) -> None:
        self.kafka, self.partition, self.store = kafka, partition, Store()
        self._computer = StepComputer(core, self.store, RejectGauge(RejectLimit()))
        self._producer = new_producer(kafka)
        self._messages: list[bytes] = []
        self._prev = -1
        self.requests: list[tuple[int, int]] = []
        """Of each request: its ledger offset and the time it was stamped with."""

    def send(self, message: bytes) -> None:
        self._produce(Topic.CHARGING, message)
        self._messages.append(message)

    def charge(self, *, step: int) -> None:
        """Compute all messages in steps of so many inputs."""
        batch = OfferedBatch(self.partition, range(len(self._messages)), self._messages, 1)
        cutter = Cutter(batch, (-1, 0))
        while portions := cutter.take(step):
            head = StepHead(self._prev, b"owner", 1, "test", self.partition)
            done = self._computer.compute(portions, head)
            self._keep(done)
            self._request(decode_ledger(done.value).written)
        self._producer.flush(30)

    def _request(self, written: tuple[int, int]) -> None:
        """A session by the online door, after every step: what it reserves, the next confirms."""
        number = len(self.requests)
        verb: Verb = "confirm" if number % 2 else "reserve"
        units = (Usage("input_tokens", 900 + number), Usage("output_tokens", 400))
        request = ChargingRequest(
            f"r{number}",
            TENANT,
            "one",
            verb,
            f"session-{number // 2}",
            number + 1,
            "key-two",
            START + number,
            (
                ServiceRequest(
                    "llm_tokens",
                    requested=units if verb == "reserve" else (),
                    used=units if verb == "confirm" else (),
                    attributes={"provider": "openai", "model": "gpt-4o"},
                ),
            ),
            HOUR,
        )
        head = StepHead(self._prev, b"owner", 1, "test", self.partition)
        done, _ = self._computer.compute_requests((request,), head, written)
        if done is not None:
            self._keep(done)
            self.requests.append((self._prev, START + number))

    def _keep(self, done: Step) -> None:
        self._prev += 1
        for values, changed in zip(self.store.values, done.overlay.values, strict=True):
            values.update(changed)
        self._produce(Topic.LEDGER, done.value)

    def _produce(self, topic: Topic, value: bytes) -> None:
        name = f"{self.kafka.prefix}{topic}"
        self._producer.produce(name, value=value, partition=self.partition)

    def balances(self, account: str) -> Balances:
        return self.store.values[Table.BALANCES][f"{TENANT}\0{account}".encode()]


def _commands(version: str) -> list[Command]:
    found: list[Command] = [ActivateCatalog("c", TENANT, version, BEGINNING)]
    for name in ACCOUNTS:
        found += [
            PutAccount(f"a-{name}", TENANT, name, "one", "prepaid", "USD", "Europe/Zurich", None),
            AssignService(
                f"s-{name}",
                TENANT,
                f"key-{name}",
                name,
                "one",
                "sub",
                "prepaid",
                BEGINNING,
                FOREVER,
            ),
        ]
    return found


def _record(number: int, chance: random.Random) -> UsageRecord:
    name = chance.choice(ACCOUNTS)
    at = START + number * HOUR
    event = f"event-{number}"
    return UsageRecord(
        record_id=record_id_of(tenant=TENANT, source="/gw", event_id=event, part=0),
        tenant=TENANT,
        source="/gw",
        event_id=event,
        part=0,
        offset=number,
        index=0,
        usage_type="llm_tokens",
        service_id=f"key-{name}",
        root="one",
        occurred_at=at,
        ended_at=at,
        usages=(
            Usage("input_tokens", chance.randrange(20_000)),
            Usage("output_tokens", chance.randrange(9_000)),
        ),
        attributes={"provider": "openai", "model": chance.choice(("gpt-4o", "gpt-4o-mini"))},
    )


def _fill(partition: Partition, version: str, topic_id: str) -> None:
    """Usage before its accounts, top-ups and ticks between it, a repeat and a release."""
    chance = random.Random(5)
    early = [_record(number, chance) for number in range(3)]
    partition.send(encode_usage_batch(UsageBatch(topic_id, 0, version, tuple(early))))
    partition.send(encode_commands(tuple(_commands(version))))
    for number in range(3, 60, 6):
        records = tuple(_record(at, chance) for at in range(number, number + 6))
        partition.send(encode_usage_batch(UsageBatch(topic_id, 0, version, records + records[:1])))
        top_up = TopUp(f"t{number}", TENANT, "two", "one", Decimal("1.25"), "USD", START, "")
        commands = (top_up, Tick(f"tick{number}", START + number * HOUR))
        partition.send(encode_commands(commands))
    told = PartnerVolume("v", 2, 1, TENANT, "one", "p", "plan", "ada", START, FAR, Decimal("1.5"))
    tier = PutPartnerTier("p", 2, 2, TENANT, "p", "plan", "gold", START)
    partition.send(encode_commands((told, tier, told)))
    released = UsageBatch(topic_id, 0, version, tuple(early))
    partition.send(encode_commands((Released("r", released),)))


def test_an_account_folds_again_from_the_database_alone(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    """Two accounts of one root; steps of 5 inputs mix usage, top-ups and ticks, with requests."""
    catalog = load_catalog(Path(__file__).parents[2] / "catalog" / TENANT)
    plan = compile_catalog(catalog)
    at = partition_of(TENANT, "one", kafka_settings.partitions)
    core = Charging(plans={plan.version: plan}, partitions=kafka_settings.partitions, partition=at)
    usage = f"{kafka_settings.prefix}{Topic.USAGE}"
    topic_id = describe_topics(kafka_settings, [usage])[usage].topic_id
    partition = Partition(kafka_settings, at, core)
    _fill(partition, plan.version, topic_id)
    partition.charge(step=5)
    drain(kafka_settings, database)
    stored = database.query(
        "SELECT ledger_offset, requested_at FROM commands FINAL WHERE ledger_offset > 0"
        " ORDER BY ledger_offset"
    )
    assert [(offset, instant_of(at)) for offset, at in stored] == partition.requests
    cut = Cut({}, {at: partition.requests[-1][0]})
    assert not balances_equal(database, cut).rows
    assert not counters_equal(database, cut).rows
    for account in ACCOUNTS:
        state, effects = MemoryState(), Effects()
        for entry in account_history(database, tenant=TENANT, account=account):
            if isinstance(entry.entry, UsageRecord):
                assert entry.position is not None
                core.charge_record(
                    entry.entry, position=entry.position, state=state, effects=effects
                )
            else:
                core.apply_command(entry.entry, state=state, effects=effects)
        assert not effects.verdicts
        again: Balances = state.get(Table.BALANCES, f"{TENANT}\0{account}".encode())
        assert again == partition.balances(account)
        totals = (Table.ACCUMULATORS, f"{TENANT}\0{account}".encode())
        for table, key in (totals, TIER):
            assert state.get(table, key) == partition.store.values[table].get(key)
        ((amount, count),) = database.query(
            "SELECT sum(amount), count() FROM rated FINAL WHERE account = {account:String}",
            {"account": account},
        )
        assert len(effects.rated) == count > 10
        assert sum(rated.amount for rated in effects.rated) == amount
