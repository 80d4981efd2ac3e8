"""The charges of a step, packed a few at a time, as the owner makes them.

A charge just made is still in the processor's cache, and its objects can go as soon as it is
packed; kept until the whole step is done, they would be read from memory again.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from streams.model.rated import RatedUsage
from streams.model.usage import UsageRecord

_encode = msgspec.msgpack.Encoder().encode
_SHORT_MAX: Final = 15
_MIDDLE_MAX: Final = 0xFFFF


class ChargeWriter:
    """Packs charges into the list that `LedgerRecord.rated` is; `records` are theirs."""

    def __init__(self) -> None:
        self.records: list[UsageRecord] = []
        self._bodies: list[memoryview] = []

    def write(self, charges: Sequence[RatedUsage]) -> None:
        """Add charges, in their order."""
        if charges:
            self.records += [charge.record for charge in charges]
            packed = _encode(charges)
            self._bodies.append(memoryview(packed)[len(_head(len(charges))) :])

    def packed(self) -> msgspec.Raw:
        """All that was written, as one list would be packed."""
        return msgspec.Raw(b"".join((_head(len(self.records)), *self._bodies)))


def _head(count: int) -> bytes:
    """What stands before the entries of a list of this length (msgpack: fixarray, array 16, 32)."""
    if count <= _SHORT_MAX:
        return bytes((0x90 | count,))
    if count <= _MIDDLE_MAX:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
