"""Packed types hold what msgpack holds of the values they stand for."""

from decimal import Decimal

import msgspec
import pytest

from connectors.kafka.packed import packed_type
from streams.model.rated import Posting
from streams.model.usage import SourcePosition, Usage, UsageRecord

RECORD = UsageRecord(
    bytes(16), "t", "s", "e", 0, 1, 2, "calls", "key", "root", 5, 6,
    (Usage("s", 3), Usage("mb", Decimal("0.50"))), {"zone": "1"},
)  # fmt: skip


def packed(value: object) -> object:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=packed_type(type(value)))


def test_structs_become_tuples_and_amounts_stay_exact_text() -> None:
    assert packed(RECORD) == (
        bytes(16), "t", "s", "e", 0, 1, 2, "calls", "key", "root", 5, 6,
        (("s", 3), ("mb", "0.50")), {"zone": "1"},
    )  # fmt: skip
    assert packed(Posting("account", "USD", Decimal("-1.10"))) == ("account", "USD", "-1.10")


def test_fields_left_unread_are_msgpack() -> None:
    made = msgspec.msgpack.decode(
        msgspec.msgpack.encode([RECORD]),
        type=list[packed_type(UsageRecord, unread={"attributes"})],  # type: ignore[misc]
    )
    assert msgspec.msgpack.decode(made[0][-1]) == {"zone": "1"}
    assert made[0][:-1] == packed(RECORD)[:-1]  # type: ignore[index]


def test_what_has_another_shape_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(
            msgspec.msgpack.encode(("topic", 1, 2)), type=packed_type(SourcePosition)
        )
