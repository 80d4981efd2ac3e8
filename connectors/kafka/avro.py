"""Avro at the borders: model values ⇄ framed bytes, by the schemas of `avro/`.

Bytes begin with the registry framing that every Avro consumer knows: a zero byte, then the schema's
number in four bytes. Schemas are parsed once. Quantities and amounts travel as decimal(38,12):
what has more digits after the point is rounded half even, here and nowhere earlier.
"""

import io
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

import fastavro

from connectors.errors import Refused
from connectors.kafka import avro_rows
from connectors.kafka.contracts import Contract, contracts
from connectors.kafka.topics import Topic
from streams.model.fact import Fact
from streams.model.rated import Alert, RatedUsage
from streams.model.refused import RefusedRecord
from streams.model.session_command import SessionCommand

AvroValue = Alert | RatedUsage | RefusedRecord | Fact | SessionCommand

_FRAME: Final = struct.Struct(">bI")
_MAPPINGS: Final[Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], AvroValue]]]] = {
    Topic.ALERTS: (avro_rows.alert_row, avro_rows.alert_of),
    Topic.SESSION_COMMANDS: (avro_rows.session_command_row, avro_rows.session_command_of),
    Topic.RATED: (avro_rows.rated_row, avro_rows.rated_of),
    Topic.SUSPENSE: (avro_rows.refused_row, avro_rows.refused_of),
    Topic.ERRORS: (avro_rows.refused_row, avro_rows.refused_of),
    Topic.OUTCOMES: (avro_rows.refused_row, avro_rows.refused_of),
    Topic.ACCOUNTS: (avro_rows.fact_row, avro_rows.fact_of),
}


class AvroCodec:
    """Encodes with the newest version of each topic's schema; decodes every version.

    `numbers` gives schemas other numbers than `avro/ids.json`, as an outside registry does.
    """

    def __init__(self, numbers: Mapping[tuple[str, int], int] | None = None) -> None:
        def number(contract: Contract) -> int:
            own = (numbers or {}).get((contract.topic, contract.version))
            return contract.schema_id if own is None else own

        self._newest = {
            topic: (_FRAME.pack(0, number(versions[-1])), versions[-1].parsed)
            for topic, versions in contracts().items()
        }
        self._by_number = {
            (topic, number(contract)): contract.parsed
            for topic, versions in contracts().items()
            for contract in versions
        }

    def encode(self, topic: str, value: AvroValue) -> bytes:
        """The framed bytes of a value of this topic (its logical name, without prefix)."""
        frame, schema = self._newest[topic]
        row, _ = _MAPPINGS[topic]
        buffer = io.BytesIO()
        buffer.write(frame)
        fastavro.schemaless_writer(buffer, schema, row(value))
        return buffer.getvalue()

    def framed(self, topic: str, body: bytes) -> bytes:
        """Avro bytes by the newest version of the topic's schema, with the framing before them."""
        return self._newest[topic][0] + body

    def decode(self, topic: str, message: bytes) -> Any:
        """The value of a message of this topic; `Refused` where it is none of ours."""
        try:
            magic, number = _FRAME.unpack_from(message)
            written = self._by_number[topic, number] if magic == 0 else None
        except (struct.error, KeyError):
            written = None
        if written is None:
            raise Refused(f"{topic}: {len(message)} bytes that carry no schema of this topic")
        buffer = io.BytesIO(message)
        buffer.seek(_FRAME.size)
        _, newest = self._newest[topic]
        _, value_of = _MAPPINGS[topic]
        try:
            return value_of(fastavro.schemaless_reader(buffer, written, newest))
        except (EOFError, IndexError, ValueError, UnicodeDecodeError) as error:
            raise Refused(f"{topic}: message of {len(message)} bytes: {error}") from error


_own = AvroCodec()
encode = _own.encode
decode = _own.decode
