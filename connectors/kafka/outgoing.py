"""What leaves the ledger for readers outside: alerts, charges, and records that end without one."""

from collections.abc import Iterator, Mapping

from connectors.kafka.avro import AvroCodec
from connectors.kafka.codec import encode_record, position_key
from connectors.kafka.ledger import ValidRecord
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import OutgoingMessage
from streams.model.rated import RecordVerdict
from streams.model.refused import RefusedRecord
from streams.outcome import Verdict

CHARGING_STAGE = "charging"
"""The stage of a record that its owner refused, as mediation's stages are named by themselves."""

_VERDICT_TOPICS: Mapping[str, Topic] = {
    Verdict.ERROR: Topic.ERRORS,
    Verdict.IGNORED: Topic.OUTCOMES,
}


def outgoing_messages(valid: ValidRecord, codec: AvroCodec) -> Iterator[OutgoingMessage]:
    """The messages of one ledger record, in its order.

    Suspended records are the keeper's; duplicates stay in the ledger.
    """
    headers = (("ledger", f"{valid.partition}/{valid.offset}".encode()),)
    for alert in valid.record.alerts:
        value = codec.encode(Topic.ALERTS, alert)
        yield OutgoingMessage(
            Topic.ALERTS, account_key(alert.tenant, alert.account), value, headers
        )
    for rated in valid.record.rated:
        value = codec.encode(Topic.RATED, rated)
        key = account_key(rated.record.tenant, rated.account)
        yield OutgoingMessage(Topic.RATED, key, value, headers)
    for verdict in valid.record.verdicts:
        topic = _VERDICT_TOPICS.get(verdict.verdict)
        if topic is not None:
            value = codec.encode(topic, refused_by_charging(verdict, valid))
            yield OutgoingMessage(topic, position_key(verdict.position), value, headers)


def account_key(tenant: str, account: str) -> bytes:
    """The key of `alerts` and `rated`: readable, and one partition an account."""
    return f"{tenant}/{account}".encode()


def refused_by_charging(verdict: RecordVerdict, valid: ValidRecord) -> RefusedRecord:
    """A verdict of the ledger in the shape of the topics for refused records."""
    record = verdict.record
    return RefusedRecord(
        record_id=record.record_id if record else b"",
        tenant=record.tenant if record else "",
        source=record.source if record else "",
        event_id=record.event_id if record else "",
        position=verdict.position,
        topic="",
        state=verdict.verdict,  # type: ignore[arg-type] # the words of Verdict but `charged`
        code=verdict.code,
        stage=CHARGING_STAGE,
        detail=verdict.detail,
        field=verdict.field,
        lacks=verdict.lacks,
        service_id=record.service_id if record else "",
        occurred_at=record.occurred_at if record else 0,
        engine=valid.record.engine,
        record=encode_record(record) if record else None,
        ledger_partition=valid.partition,
        ledger_offset=valid.offset,
    )
