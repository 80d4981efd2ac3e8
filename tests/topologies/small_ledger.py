"""A ledger that a test writes record by record, and the values that go into it."""

from decimal import Decimal
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from connectors.kafka.client import new_producer
from connectors.kafka.codec import encode_ledger, encode_value
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.instant import BEGINNING
from streams.model.ledger import LEDGER_FORMAT, WHOLE, LedgerRecord
from streams.model.rated import Alert, Posting, RatedUsage, RecordVerdict
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.state import CatalogMarks, RecordMark, RecordState, Table, record_id_key

NOON = 1_790_000_000_000_000
TENANT = "acme"


class SmallLedger:
    """Writes valid records to the partitions of topic `ledger`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = f"{settings.prefix}{Topic.LEDGER}"
        self._producer = new_producer(settings, {"linger.ms": 0})
        self._last = dict.fromkeys(range(settings.partitions), -1)

    def append(self, partition: int, **fields: Any) -> int:
        """Append a valid record; its offset."""
        self._last[partition] = self.append_after(partition, self._last[partition], **fields)
        return self._last[partition]

    def append_after(self, partition: int, prev: int, **fields: Any) -> int:
        """Append a record that was computed from `prev`; it is void where that is not the last."""
        written = fields.pop("written", (0, WHOLE))
        record = LedgerRecord(LEDGER_FORMAT, "step", prev, b"owner", 1, written, **fields)
        offsets: list[int] = []
        self._producer.produce(
            self._topic,
            value=encode_ledger(record),
            partition=partition,
            on_delivery=lambda error, message: offsets.append(message.offset()),
        )
        self._producer.flush(10)
        return offsets[0]


def usage_record(number: int, *, service: str = "key-1", offset: int | None = None) -> UsageRecord:
    """The record of event `number`."""
    event_id = f"event-{number}"
    return UsageRecord(
        record_id=record_id_of(tenant=TENANT, source="/gateway", event_id=event_id, part=0),
        tenant=TENANT,
        source="/gateway",
        event_id=event_id,
        part=0,
        offset=number if offset is None else offset,
        index=0,
        usage_type="api_call",
        service_id=service,
        root="root-1",
        occurred_at=NOON,
        ended_at=NOON,
        usages=(Usage("requests", 1),),
        attributes={"endpoint": "/v1/chat"},
    )


def position_of(record: UsageRecord) -> SourcePosition:
    """Where the record came from."""
    return SourcePosition("A" * 22, 0, record.offset, record.index)


def rated(record: UsageRecord, amount: str = "0.25") -> RatedUsage:
    """The record as it was charged."""
    return RatedUsage(
        record=record,
        position=position_of(record),
        account="acc-1",
        root="root-1",
        subscription="sub-1",
        price_plan="developer",
        product="api",
        currency="USD",
        amount=Decimal(amount),
        zone="",
        band="",
        lines=(),
        postings=(
            Posting("account", "USD", -Decimal(amount)),
            Posting("revenue", "USD", Decimal(amount)),
        ),
        changes=(),
        catalog_version="v1",
    )


def alert(number: int) -> Alert:
    """An alert of the account."""
    return Alert(
        alert_id=f"alert-{number}",
        tenant=TENANT,
        account="acc-1",
        threshold="half",
        resource="USD",
        kind="crossed",
        level=Decimal(50),
        value=Decimal("50.25"),
        period_start=BEGINNING,
        occurred_at=NOON,
    )


def verdict(record: UsageRecord, word: str, *, lacks: str = "") -> RecordVerdict:
    """The owner's verdict on a record that it did not charge."""
    return RecordVerdict(
        verdict=word,
        code="no_price" if word == "suspended" else word,
        detail="as the test says",
        field="",
        lacks=lacks,
        position=position_of(record),
        record=record,
    )


def mark(record: UsageRecord, state: RecordState) -> tuple[bytes, bytes]:
    """The delta that puts a record id's state."""
    key = bytes([Table.RECORD_IDS]) + record_id_key(record.occurred_at, record.record_id)
    at = position_of(record)
    value = RecordMark(state, at.topic_id, at.partition, at.offset, at.index)
    return key, encode_value(value)


def catalog_delta(*marks: tuple[int, str]) -> tuple[bytes, bytes]:
    """The delta that puts the tenant's catalog marks."""
    return bytes([Table.CATALOGS]) + TENANT.encode(), encode_value(CatalogMarks(marks))


def service(service_id: str, root: str = "root-1", start: int = BEGINNING) -> Service:
    """A service id with one assignment."""
    assignment = ServiceAssignment("acc-1", root, "sub-1", "developer", start)
    return Service(TENANT, service_id, (assignment,))


def account(name: str = "acc-1") -> Account:
    """A postpaid account."""
    return Account(TENANT, name, "root-1", "postpaid", "USD", "Europe/Zurich", Decimal(100))


def suspended_by_mediation(record: UsageRecord, *, reference: int = -1) -> RefusedRecord:
    """The record as mediation suspends it when the service is unknown."""
    return RefusedRecord(
        record_id=record.record_id,
        tenant=record.tenant,
        source=record.source,
        event_id=record.event_id,
        position=position_of(record),
        topic="usage",
        state="suspended",
        code="unknown_service",
        stage="guide",
        detail="no service",
        lacks=f"service:{record.tenant}:{record.service_id}",
        reference=reference,
        service_id=record.service_id,
        occurred_at=record.occurred_at,
        recorded_at=record.occurred_at,
        raw=b'{"id": 1}',
        headers=(("ce_id", b"1"),),
    )


def committed(settings: KafkaSettings, topic: Topic) -> list[Any]:
    """All messages of a topic that a read-committed reader sees."""
    with TopicReader(settings, topic) as reader:
        return list(reader.to_end())


def released_ids(settings: KafkaSettings) -> list[bytes]:
    """The record ids on topic `release`, in order within a partition."""
    return [message.key() for message in committed(settings, Topic.RELEASE)]


def uncommitted_count(settings: KafkaSettings, topic: Topic) -> int:
    """The messages of a topic and of its broken transactions, control records included."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "count"})
    name = f"{settings.prefix}{topic}"
    partitions = consumer.list_topics(name, timeout=10).topics[name].partitions
    ends = [consumer.get_watermark_offsets(TopicPartition(name, p), timeout=10) for p in partitions]
    consumer.close()
    return sum(end - first for first, end in ends)
