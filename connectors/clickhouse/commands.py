"""Commands as rows of `commands`: with `rated`, the input log of an account.

They come by `charging[p]`, or by the online door, whose requests stand in the ledger alone: under
the last input of `charging[p]` that was applied before them.
Commands that carry usage (a record sent on or released) are kept whole too; the charge they led to
stands in `rated` like any other.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from connectors.clickhouse.columns import (
    MILLISECOND,
    Columns,
    decimals,
    instants,
    integers,
    strings,
)
from connectors.clickhouse.steps import StoredStep
from connectors.errors import Refused
from connectors.kafka.codec import COMMANDS_V1, encode_value
from streams.model import command as commands
from streams.model.command import Command
from streams.model.instant import Instant

COMMAND_KINDS: Final[dict[int, str]] = {
    kind.__struct_config__.tag: kind.__name__ for kind in commands.Command.__args__
}
"""By the tag on the wire: the command's name."""

_decode = msgspec.msgpack.Decoder(tuple[Command, ...]).decode
_decode_one = msgspec.msgpack.Decoder(Command).decode


class PlacedCommand(NamedTuple):
    """A command, where it stands in `charging`, and the broker's time of its message.

    A request's `offset` and `place` are the last input before it; its own are its ledger offset,
    its index there, and the time it was stamped with.
    """

    partition: int
    offset: int
    place: int
    sent_at_ms: int
    command: Command
    ledger_offset: int = 0
    ledger_index: int = 0
    requested_at: Instant = 0


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
        "ledger_offset": integers([entry.ledger_offset for entry in placed], pa.uint64()),
        "ledger_index": integers([entry.ledger_index for entry in placed], pa.uint32()),
        "requested_at": instants([entry.requested_at for entry in placed]),
    }


def requests_of(steps: Sequence[StoredStep]) -> list[PlacedCommand]:
    """The commands of these steps that came by the online door."""
    return [
        PlacedCommand(
            partition=step.partition,
            offset=step.frame.written[0],
            place=step.frame.written[1],
            sent_at_ms=step.written_at_ms,
            command=command,
            ledger_offset=step.offset,
            ledger_index=index,
            requested_at=step.frame.requested_at,
        )
        for step in steps
        for index, command in enumerate(step.frame.requests)
    ]


def _texts(items: Sequence[Any], name: str) -> list[str]:
    return [getattr(item, name, "") for item in items]
