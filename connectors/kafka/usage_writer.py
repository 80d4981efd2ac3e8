"""Usage batches packed record by record, as mediation makes them.

A record just made is still in the processor's cache, and its objects can go as soon as it is
packed; kept until a whole fetch is done, they would be read from memory again.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from connectors.errors import Refused
from connectors.kafka.codec import USAGE_V1
from connectors.kafka.topics import MESSAGE_BYTES_MAX
from streams.model.usage import UsageRecord

_encoder = msgspec.msgpack.Encoder()
_encode, _encode_into = _encoder.encode, _encoder.encode_into

# A `UsageBatch` is an array of its four fields, the last an array of records (msgpack: array 32).
_FOUR_FIELDS: Final = b"\x94"
_RECORDS: Final = b"\xdd"
_COUNT_BYTES: Final = 4


class UsageWriter:
    """The messages of `charging` that carry records of one source partition to one partition.

    They decode to the `UsageBatch` that `encode_usage_batch` packs, each within the largest
    message.
    """

    def __init__(self, *, topic_id: str, partition: int, catalog_version: str) -> None:
        fields = b"".join(map(_encode, (topic_id, partition, catalog_version)))
        self._head = bytes([USAGE_V1]) + _FOUR_FIELDS + fields + _RECORDS
        self._room = MESSAGE_BYTES_MAX - len(self._head) - _COUNT_BYTES
        self._done: list[bytes] = []
        self._body = bytearray()
        self._count = 0

    def write(self, records: Iterable[UsageRecord]) -> None:
        """Add records, in their order. Raises Refused."""
        body, room = self._body, self._room
        for record in records:
            before = len(body)
            _encode_into(record, body, before)
            if len(body) > room:
                body = self._split(before)
            self._count += 1

    def _split(self, before: int) -> bytearray:
        """The last record begins the next message."""
        last = self._body[before:]
        if len(last) > self._room:
            raise Refused(f"one record of {len(last)} bytes is too large for topic charging")
        del self._body[before:]
        self._close()
        self._body = last
        return last

    def _close(self) -> None:
        if self._count:
            count = self._count.to_bytes(_COUNT_BYTES, "big")
            self._done.append(b"".join((self._head, count, self._body)))
        self._count = 0

    def messages(self) -> list[bytes]:
        """All that was written; nothing may be written after this."""
        self._close()
        return self._done
