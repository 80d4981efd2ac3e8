"""A small world that was charged: messages, commands and the ledger they led to, from one seed.

The accounting is done here in plain Python, apart from the engine's, so that tests can say what the
database must hold: every charge, balance, counter and verdict is remembered in `World`.
"""

import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import describe_topics, new_producer
from connectors.kafka.codec import (
    encode_commands,
    encode_ledger,
    encode_usage_batch,
    encode_value,
)
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.accumulate.top_up import TOP_UP
from streams.due.made import made_position, make_record
from streams.due.movement import Holder, Movement
from streams.model.account import Account, Accumulators, Balances, Bucket
from streams.model.balance_command import TopUp
from streams.model.command import Tick
from streams.model.instant import BEGINNING, FOREVER, HOUR, Period
from streams.model.ledger import LEDGER_FORMAT, WHOLE, InputRange, LedgerRecord
from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.rated import (
    Alert,
    BalanceChange,
    ChargeLine,
    Posting,
    RatedUsage,
    RecordVerdict,
)
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, Usage, UsageBatch, UsageRecord, record_id_of
from streams.state import RecordMark, RecordState, Table, record_id_key

NOON = 1_795_000_000_000_000
TENANT = "acme"
PRICE = Decimal("0.000000250001")
ENDS = ("charged", "duplicate", "suspended", "error", "ignored", "unread", "unknown")
"""What becomes of a message: the last two are mediation's own errors and suspense."""


@dataclass
class World:
    """What was made, and what must therefore be stored."""

    kafka: KafkaSettings
    seed: int = 1
    rated: list[RatedUsage] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    counters: dict[tuple[int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.source = f"{self.kafka.prefix}{Topic.USAGE}"
        self.topic_id = describe_topics(self.kafka, [self.source])[self.source].topic_id
        self._producer = new_producer(self.kafka, {"linger.ms": 5, "log_level": 0})
        self._last = dict.fromkeys(range(self.kafka.partitions), -1)
        self._ends_at: dict[tuple[str, int], int] = defaultdict(int)
        self._codec = AvroCodec()
        self._charged: list[UsageRecord] = []
        self._made = 0

    def account_of(self, number: int) -> str:
        return f"account-{number:03d}"

    def partition_of(self, account: str) -> int:
        return int(account[-3:]) % self.kafka.partitions

    def round(self, records: int = 20) -> None:
        """A step of each partition: a top-up, then usage of all kinds of ends."""
        for partition in range(self.kafka.partitions):
            self._step(partition, records)
        self._producer.flush(30)

    def _step(self, partition: int, records: int) -> None:
        accounts = [self.account_of(n) for n in range(12) if n % self.kafka.partitions == partition]
        top_up = self._top_up(partition, self.random.choice(accounts))
        batch = [self._record(self.random.choice(accounts)) for _ in range(records)]
        kinds = self.random.choices(ENDS, (20, 2, 1, 1, 1, 1, 1), k=len(batch))
        inner = [pair for pair in zip(batch, kinds, strict=True) if pair[1] not in ENDS[5:]]
        for record, kind in zip(batch, kinds, strict=True):
            self.ends[kind] += 1
            if kind in ENDS[5:]:
                self._refuse(record, kind)
        message = encode_usage_batch(
            UsageBatch(self.topic_id, 0, "v1", tuple(record for record, _ in inner))
        )
        at = self._send(Topic.CHARGING, partition, message)
        self._charge(partition, inner, at, top_up)

    def _charge(
        self, partition: int, inner: list[tuple[UsageRecord, str]], at: int, top_up: TopUp
    ) -> None:
        rated: list[RatedUsage] = [self._topped_up(top_up, partition)]
        verdicts: list[RecordVerdict] = []
        origins: tuple[list[int], list[int]] = ([0], [])
        touched = {top_up.account}
        delta: dict[bytes, bytes] = {}
        for ordinal, (record, kind) in enumerate(inner, start=1):
            position = SourcePosition(self.topic_id, 0, record.offset, record.index)
            if kind == "charged":
                rated.append(self._rate(record, position, partition))
                origins[0].append(ordinal)
                touched.add(record.root)
            else:
                verdicts.append(RecordVerdict(kind, "code", "why", "", "", position, record))
                origins[1].append(ordinal)
            mark = RecordMark(RecordState.CHARGED, self.topic_id, 0, record.offset, 0)
            key = bytes([Table.RECORD_IDS]) + record_id_key(record.occurred_at, record.record_id)
            delta[key] = encode_value(mark)
        self._put_holdings(partition, touched, delta)
        self.rated += rated
        self.append(
            partition,
            written=(at, WHOLE),
            engine="test",
            inputs=(InputRange(at - 1, 0, 0), InputRange(at, 0, len(inner) - 1)),
            delta=tuple(delta.items()),
            rated=tuple(rated),
            verdicts=tuple(verdicts),
            counts={"records": len(inner), "made": 1, "charged": len(rated) - 1},
            origins=(tuple(origins[0]), tuple(origins[1])),
        )

    def make(self, account: str, cause: str, *, quantity: Quantity = 1) -> None:
        """A step whose one charge no source has sent: a tick has found it due."""
        partition = self.partition_of(account)
        at = self._send(Topic.CHARGING, partition, encode_commands((Tick(cause, NOON),)))
        record = make_record(
            "fee",
            tenant=TENANT,
            root=account,
            event_id=cause,
            span=Period(NOON, NOON + HOUR),
            service_id=f"key-{account}",
            usages=(Usage("fee", quantity),),
            attributes={"model": "a"},
        )
        charge = self._rate(record, made_position(record, partition), partition)
        delta: dict[bytes, bytes] = {}
        self._put_holdings(partition, {account}, delta)
        self.rated.append(charge)
        self.append(
            partition,
            written=(at, WHOLE),
            engine="test",
            inputs=(InputRange(at, 0, 0),),
            delta=tuple(delta.items()),
            rated=(charge,),
            counts={"commands": 1, "made": 1},
            origins=((0,), ()),
        )
        self._producer.flush(30)

    def append(self, partition: int, **fields: Any) -> int:
        """Append a valid record to the ledger; its offset."""
        head = {"format": LEDGER_FORMAT, "kind": "step", "owner": b"owner", "generation": 1}
        record = LedgerRecord(**(head | {"prev": self._last[partition]} | fields))
        self._last[partition] = self._send(Topic.LEDGER, partition, encode_ledger(record))
        return self._last[partition]

    def append_void(self, partition: int) -> None:
        """Append a record of an owner that had lost the partition: it must count for nothing."""
        self.rated, kept = [], self.rated
        last, money, counters = self._last[partition], dict(self.money), dict(self.counters)
        record = self._record(self.account_of(partition))
        position = SourcePosition(self.topic_id, 0, record.offset, 0)
        fields = {"rated": (self._rate(record, position, partition),), "written": (9**9, 0)}
        self.append(partition, prev=last - 1 if last > 0 else 9**6, **fields)
        self._last[partition], self.rated = last, kept
        self.money.clear(), self.counters.clear()
        self.money.update(money), self.counters.update(counters)
        self._refuse(record, "unread")
        self.ends["unread"] += 1

    def _send(self, topic: Topic, partition: int, value: bytes, key: bytes | None = None) -> int:
        self._producer.produce(
            f"{self.kafka.prefix}{topic}", value=value, key=key, partition=partition
        )
        at = self._ends_at[str(topic), partition]
        self._ends_at[str(topic), partition] = at + 1
        return at

    def _record(self, account: str) -> UsageRecord:
        self._made += 1
        event_id = f"event-{self._made:06d}"
        quantity = self.random.choice((self.random.randrange(1, 9000), Decimal("0.5")))
        body = json.dumps({"id": event_id, "account": account, "n": str(quantity)}).encode()
        self._producer.produce(
            self.source, value=body, key=account.encode(), partition=0, headers=[("h", b"\xff")]
        )
        offset = self._ends_at[str(Topic.USAGE), 0]
        self._ends_at[str(Topic.USAGE), 0] = offset + 1
        at = NOON + self.random.randrange(60) * HOUR
        usages = (Usage("tokens", quantity), Usage("calls", 1))
        return UsageRecord(
            record_id=record_id_of(tenant=TENANT, source="/gw", event_id=event_id, part=0),
            tenant=TENANT,
            source="/gw",
            event_id=event_id,
            part=0,
            offset=offset,
            index=0,
            usage_type="llm_tokens",
            service_id=f"key-{account}",
            root=account,
            occurred_at=at,
            ended_at=at + 1,
            usages=usages,
            attributes={"model": self.random.choice(("a", "b")), "empty": ""},
        )

    def _rate(self, record: UsageRecord, position: SourcePosition, partition: int) -> RatedUsage:
        quantity = Decimal(record.usages[0].quantity)
        amount = quantize_line(CONTEXT.multiply(quantity, PRICE))
        before = self.money[record.root]
        self.money[record.root] = after = CONTEXT.subtract(before, amount)
        held = self.counters[partition, "revenue"]
        self.counters[partition, "revenue"] = CONTEXT.add(held, amount)
        line = ChargeLine("per_unit", "p@1", "tokens", quantity, PRICE, amount, {"model": "a"})
        return RatedUsage(
            record=record,
            position=position,
            account=record.root,
            root=record.root,
            subscription="sub",
            price_plan="basic",
            product=record.attributes["model"],
            currency="USD",
            amount=amount,
            zone="",
            band="",
            lines=(line,),
            postings=(
                Posting("account", "USD", CONTEXT.minus(amount)),
                Posting("revenue", "USD", amount),
            ),
            changes=(BalanceChange("USD", BEGINNING, before, after),),
            catalog_version="v1",
        )

    def _top_up(self, partition: int, account: str) -> TopUp:
        amount = Decimal(self.random.randrange(1, 10**6)).scaleb(-2)
        command = TopUp(
            f"top-up-{self._made}-{partition}",
            TENANT,
            account,
            account,
            amount,
            "USD",
            NOON,
            "test",
        )
        self._send(Topic.CHARGING, partition, encode_commands((command,)))
        self.money[account] += amount
        self.counters[partition, "funding"] -= amount
        return command

    def _topped_up(self, command: TopUp, partition: int) -> RatedUsage:
        """The movement; it has been added to the account's money before."""
        after = self.money[command.account]
        movement = Movement(TOP_UP, command.command_id, command.occurred_at)
        bucket = Bucket("USD", BEGINNING, FOREVER, Decimal(0), after)
        movement.move(bucket, after, against="funding", before=after - command.amount)
        holder = Holder(TENANT, command.account, command.root, "USD")
        return movement.charge(holder, version="v1", partition=partition)

    def _put_holdings(self, partition: int, touched: set[str], delta: dict[bytes, bytes]) -> None:
        for account in sorted(touched):
            key = f"{TENANT}\0{account}".encode()
            bucket = Bucket("USD", BEGINNING, FOREVER, Decimal(0), self.money[account])
            delta[bytes([Table.BALANCES]) + key] = encode_value(Balances((bucket,), (("t", 5),)))
            totals = (("tokens", NOON, NOON + HOUR, 3),)
            delta[bytes([Table.ACCUMULATORS]) + key] = encode_value(Accumulators(totals))
        for (at, name), total in self.counters.items():
            if at == partition:
                key = f"{TENANT}\0{name}\0USD".encode()
                delta[bytes([Table.COUNTERS]) + key] = encode_value(total)

    def _refuse(self, record: UsageRecord, kind: str) -> None:
        topic, state = {
            "unread": (Topic.ERRORS, "error"),
            "unknown": (Topic.SUSPENSE, "suspended"),
        }[kind]
        refused = RefusedRecord(
            record_id=record.record_id,
            tenant=TENANT,
            source=record.source,
            event_id=record.event_id,
            position=SourcePosition(self.topic_id, 0, record.offset, record.index),
            topic=self.source,
            state=state,  # type: ignore[arg-type]
            code="not_parsable" if kind == "unread" else "unknown_service",
            stage="parse",
            detail="why",
            raw=b"\x00\xff",
            headers=(("h", b"\xfe"),),
            occurred_at=record.occurred_at,
        )
        value = self._codec.encode(str(topic), refused)
        self._send(topic, 0, value, key=record.record_id)

    def facts(self) -> tuple[Account, Alert]:
        """An account that owes at most 38 digits, and an alert on it."""
        limit = Decimal("99999999999999999999999999.999999999999")
        account = Account(TENANT, "account-000", "account-000", "postpaid", "USD", "UTC", limit, 2)
        alert = Alert("alert-1", TENANT, "account-000", "half", "USD", "crossed", limit, 7, 5, NOON)
        return account, alert
