"""Commands of `charging[p]` as rows of `commands`: with `rated`, the input log of an account.

Commands that carry usage (a record sent on or released) are kept whole too; the charge they led to
stands in `rated` like any other.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from connectors.clickhouse.columns import MILLISECOND, Columns, decimals, integers, strings
from connectors.errors import Refused
from connectors.kafka.codec import COMMANDS_V1, encode_value
from streams.model import command as commands
from streams.model.command import Command

COMMAND_KINDS: Final[dict[int, str]] = {
    kind.__struct_config__.tag: kind.__name__ for kind in commands.Command.__args__
}
"""By the tag on the wire: the command's name."""

_decode = msgspec.msgpack.Decoder(tuple[Command, ...]).decode
_decode_one = msgspec.msgpack.Decoder(Command).decode


class PlacedCommand(NamedTuple):
    """A command, where it stands in `charging`, and the broker's time of its message."""

    partition: int
    offset: int
    place: int
    sent_at_ms: int
    command: Command


def commands_of(message: bytes) -> tuple[Command, ...]:
    """The commands of a message of `charging`; none where it carries usage."""
    if not message or message[0] != COMMANDS_V1:
        return ()
    try:
        return _decode(memoryview(message)[1:])
    except msgspec.MsgspecError as error:
        raise Refused(f"charging: message of {len(message)} bytes: {error}") from error


def command_of(body: bytes) -> Command:
    """The command that a row's `body` holds."""
    command: Command = _decode_one(body)
    return command


def command_columns(placed: Sequence[PlacedCommand]) -> Columns:
    """Rows of `commands`."""
    items = [entry.command for entry in placed]
    return {
        "tenant": strings(_texts(items, "tenant")),
        "account": strings(_texts(items, "account")),
        "charging_partition": integers([entry.partition for entry in placed], pa.uint32()),
        "charging_offset": integers([entry.offset for entry in placed]),
        "charging_index": integers([entry.place for entry in placed], pa.int32()),
        "kind": strings([type(item).__name__ for item in items]),
        "command_id": strings(_texts(items, "command_id")),
        "service_id": strings(_texts(items, "service_id")),
        "root": strings(_texts(items, "root")),
        "amount": decimals([str(getattr(item, "amount", 0)) for item in items], "commands.amount"),
        "currency": strings(_texts(items, "currency")),
        "body": pa.array([encode_value(item) for item in items], pa.binary()),
        "sent_at": pa.array([entry.sent_at_ms for entry in placed], MILLISECOND),
    }


def _texts(items: Sequence[Any], name: str) -> list[str]:
    return [getattr(item, name, "") for item in items]
