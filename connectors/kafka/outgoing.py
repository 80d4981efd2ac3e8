"""What leaves the ledger for readers outside: alerts, commands to sessions, charges, and records
that end without one.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

import msgspec

from connectors.errors import Refused
from connectors.kafka.avro import AvroCodec
from connectors.kafka.charge_forms import CHARGE_WIDTHS
from connectors.kafka.codec import LEDGER_V1, encode_record, position_key
from connectors.kafka.ledger import ValidRecord
from connectors.kafka.packed import NOW, Widths, packed_type
from connectors.kafka.rated_avro import encode_rated_row
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import OutgoingMessage
from streams.model.rated import Alert, RatedUsage, RecordVerdict
from streams.model.refused import RefusedRecord
from streams.model.session_command import SessionCommand
from streams.model.usage import UsageRecord
from streams.outcome import Verdict

CHARGING_STAGE = "charging"
"""The stage of a record that its owner refused, as mediation's stages are named by themselves."""

_TENANT = UsageRecord.__struct_fields__.index("tenant")
_VERDICT_TOPICS: Mapping[str, Topic] = {
    Verdict.ERROR: Topic.ERRORS,
    Verdict.IGNORED: Topic.OUTCOMES,
}


class OutgoingStep(msgspec.Struct, frozen=True, array_like=True):
    """A `LedgerRecord` as its outside readers need it; the order of the fields is its own.

    Charges are packed tuples, which go into Avro as they are; what stays inside stays packed.
    """

    format: int
    kind: str
    prev: int
    owner: bytes
    generation: int
    written: msgspec.Raw
    engine: str = ""
    inputs: msgspec.Raw = msgspec.Raw()
    delta: msgspec.Raw = msgspec.Raw()
    dropped: msgspec.Raw = msgspec.Raw()
    rated: list[packed_type(RatedUsage)] = []  # type: ignore[valid-type]
    verdicts: tuple[RecordVerdict, ...] = ()
    alerts: tuple[Alert, ...] = ()
    outbox: msgspec.Raw = msgspec.Raw()
    cleared: msgspec.Raw = msgspec.Raw()
    facts: msgspec.Raw = msgspec.Raw()
    counts: msgspec.Raw = msgspec.Raw()
    requests: msgspec.Raw = msgspec.Raw()
    requested_at: msgspec.Raw = msgspec.Raw()
    origins: msgspec.Raw = msgspec.Raw()
    signals: tuple[SessionCommand, ...] = ()


def _step_of(widths: Widths) -> type[OutgoingStep]:
    """The step as it is where charges were written with these widths."""

    class Step(OutgoingStep, frozen=True, array_like=True):
        rated: list[packed_type(RatedUsage, widths=widths)] = []  # type: ignore[valid-type]

    return Step


_DECODERS: Final = tuple(
    msgspec.msgpack.Decoder(OutgoingStep if widths is NOW else _step_of(widths)).decode
    for widths in CHARGE_WIDTHS
)


def decode_outgoing(message: bytes) -> OutgoingStep:
    """A message of `ledger`; `Refused` where it is none of ours."""
    if not message or message[0] != LEDGER_V1:
        raise Refused(f"ledger: unknown format {message[:1]!r} of {len(message)} bytes")
    packed = memoryview(message)[1:]
    problem: msgspec.MsgspecError | None = None
    for decode in _DECODERS:
        try:
            return decode(packed)
        except msgspec.ValidationError as error:
            problem = problem or error
        except msgspec.MsgspecError as error:
            problem = error
            break
    raise Refused(f"ledger: message of {len(message)} bytes: {problem}") from problem


def outgoing_messages(valid: ValidRecord, codec: AvroCodec) -> Iterator[OutgoingMessage]:
    """The messages of one ledger record, decoded by `decode_outgoing`, in its order.

    Suspended records are the keeper's; duplicates stay in the ledger.
    """
    step = cast(OutgoingStep, valid.record)
    headers = (("ledger", f"{valid.partition}/{valid.offset}".encode()),)
    for alert in step.alerts:
        value = codec.encode(Topic.ALERTS, alert)
        yield OutgoingMessage(
            Topic.ALERTS, account_key(alert.tenant, alert.account), value, headers
        )
    for command in step.signals:
        key = account_key(command.tenant, command.account)
        value = codec.encode(Topic.SESSION_COMMANDS, command)
        yield OutgoingMessage(Topic.SESSION_COMMANDS, key, value, headers)
    for row in step.rated:
        record, _, account, *_ = row
        key = account_key(record[_TENANT], account)
        yield OutgoingMessage(
            Topic.RATED, key, codec.framed(Topic.RATED, encode_rated_row(row)), headers
        )
    for verdict in step.verdicts:
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
