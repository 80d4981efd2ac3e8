"""How far a state has come, and the ledger record by which it proves that it belongs there."""

from hashlib import blake2b
from typing import Any, Final

import msgspec

from streams.model.ledger import WHOLE


def digest_of(value: bytes) -> bytes:
    """What a state keeps of its last ledger record, to know it again."""
    return blake2b(value, digest_size=16).digest()


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """A position as it stands on disk."""

    written: tuple[int, int]
    offset: int
    owner: bytes
    digest: bytes


_decode = msgspec.msgpack.Decoder(_Packed).decode
_encode = msgspec.msgpack.Encoder().encode


class Position:
    """The last input applied, and the last valid ledger record.

    `written` is (offset, index) of `charging[p]`; `offset`, `owner` and `digest` name the record.
    The digest of a whole record is made when somebody asks, which is once a write to disk.
    """

    __slots__ = ("_digest", "_value", "offset", "owner", "written")

    def __init__(
        self,
        written: tuple[int, int] = (-1, WHOLE),
        offset: int = -1,
        owner: bytes = b"",
        *,
        value: bytes | None = None,
    ) -> None:
        self.written = written
        self.offset = offset
        self.owner = owner
        self._value = value
        self._digest = b""

    @property
    def digest(self) -> bytes:
        """Of the ledger record at `offset`."""
        if self._value is not None:
            self._digest, self._value = digest_of(self._value), None
        return self._digest

    def pack(self) -> bytes:
        """The position as it stands on disk."""
        return _encode(_Packed(self.written, self.offset, self.owner, self.digest))

    @classmethod
    def unpack(cls, packed: bytes) -> "Position":
        """What `pack` packed."""
        stored = _decode(packed)
        position = cls(stored.written, stored.offset, stored.owner)
        position._digest = stored.digest
        return position

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Position) and self.pack() == other.pack()

    def __hash__(self) -> int:
        return hash(self.pack())


BEGINNING: Final = Position()
"""Of a state that nothing has been applied to."""
