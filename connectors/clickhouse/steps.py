"""Ledger records as the sink reads them: only what it must look into becomes a struct.

Charges stay packed until their columns are made; then they become tuples, and verdicts are lists:
both turn into columns in a third of the time that structs with `Decimal`s take. The order of the
fields is `LedgerRecord`'s; a test compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pyarrow as pa
from msgspec import Struct

from connectors.clickhouse.columns import (
    MILLISECOND,
    Columns,
    flattened,
    integers,
    lists,
    maps,
    strings,
    transposed,
)
from connectors.errors import Refused
from connectors.kafka.charge_forms import CHARGE_WIDTHS
from connectors.kafka.codec import open_ledger
from connectors.kafka.packed import packed_type
from streams.model.account import Account, Service
from streams.model.command import Command
from streams.model.decision import Decision
from streams.model.instant import Instant
from streams.model.ledger import WHOLE
from streams.model.rated import Alert, RatedUsage
from streams.model.session_command import SessionCommand


class Frame(Struct, frozen=True, array_like=True):
    """A `LedgerRecord`, its charges still packed and its verdicts undecoded lists."""

    format: int
    kind: str
    prev: int
    owner: bytes
    generation: int
    written: tuple[int, int]
    engine: str = ""
    inputs: list[list[int]] = []
    delta: list[tuple[bytes, bytes | None]] = []
    dropped: msgspec.Raw = msgspec.Raw()
    rated: msgspec.Raw = msgspec.Raw(b"\x90")
    verdicts: list[list[Any]] = []
    alerts: tuple[Alert, ...] = ()
    outbox: list[list[Any]] = []
    cleared: list[int] = []
    facts: tuple[Account | Service, ...] = ()
    counts: dict[str, int] = {}
    requests: tuple[Command, ...] = ()
    requested_at: Instant = 0
    origins: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    signals: tuple[SessionCommand, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def charges(self) -> int:
        """How many charges it holds, by the header of their packed list."""
        packed = memoryview(self.rated)
        if packed[0] & 0xF0 == _SHORT_LIST:
            return packed[0] & 0x0F
        return int.from_bytes(packed[1 : 1 + _LIST_LENGTH_BYTES[packed[0]]], "big")

    def charge_rows(self) -> list[tuple[Any, ...]]:
        """Its `RatedUsage`s as packed tuples, made anew by each call. Raises Refused.

        Details of lines are still msgpack, unchecked: `packed_maps` reads them.
        """
        try:
            rows: list[tuple[Any, ...]] = _DECODERS[0](self.rated)
            return rows
        except msgspec.MsgspecError as error:
            return self._older_rows(error)

    def _older_rows(self, problem: msgspec.MsgspecError) -> list[tuple[Any, ...]]:
        """Those that an earlier engine wrote, as it would write them now."""
        for decode in _DECODERS[1:]:
            try:
                rows = decode(self.rated)
            except msgspec.MsgspecError:
                continue
            return [_as_now(row) for row in rows]
        raise Refused(f"ledger: charges of {len(self.rated)} bytes: {problem}") from problem


_decode = msgspec.msgpack.Decoder(Frame).decode
_UNREAD: Final = frozenset({"detail"})
"""Lines repeat their details many times: each is read once a batch, by `packed_maps`."""
_DECODERS: Final = tuple(
    msgspec.msgpack.Decoder(
        list[packed_type(RatedUsage, widths=widths, unread=_UNREAD)]  # type: ignore[misc]
    ).decode
    for widths in CHARGE_WIDTHS
)
_NOT_TOLD: Final = (0, None)
"""Tax and cost of a charge that says neither."""
_OWN_MONEY: Final = ("", "")
"""Bucket and holder of a change that names none."""
_NO_UNIT: Final = 0
"""The bill unit of a charge that names none."""
_CHANGE_WIDTH: Final = 4
"""Fields of a change that names no bucket."""
_CHANGES: Final = RatedUsage.__struct_fields__.index("changes")
_TAX: Final = RatedUsage.__struct_fields__.index("tax")


def _as_now(row: tuple[Any, ...]) -> tuple[Any, ...]:
    changes = tuple(
        (*change, *_OWN_MONEY) if len(change) == _CHANGE_WIDTH else change
        for change in row[_CHANGES]
    )
    told = row[_TAX:] or _NOT_TOLD
    return (*row[:_CHANGES], changes, *row[_CHANGES + 1 : _TAX], *told, _NO_UNIT)


_SHORT_LIST: Final = 0x90
_LIST_LENGTH_BYTES: Final = {0xDC: 2, 0xDD: 4}
"""By the first byte of a longer msgpack list: the width of its length."""


def decode_frame(message: bytes) -> Frame:
    """A message of `ledger`; `Refused` where it is none of ours."""
    return open_ledger(message, _decode)


@dataclass(slots=True)
class StoredStep:
    """A valid ledger record and where it stands; `written_at_ms` is the broker's time of it."""

    partition: int
    offset: int
    written_at_ms: int
    frame: Frame
    size: int


def step_columns(steps: Sequence[StoredStep]) -> Columns:
    """Rows of `steps`: one a ledger record, what it took and how much it made."""
    frames = [step.frame for step in steps]
    offsets, firsts, lasts = transposed(flattened(frame.inputs for frame in frames), 3)
    inputs = {
        "charging_offset": integers(offsets),
        "first": integers(firsts, pa.int32()),
        "last": integers([min(last, WHOLE) for last in lasts], pa.int32()),
    }
    return {
        "ledger_partition": integers([step.partition for step in steps], pa.uint32()),
        "ledger_offset": integers([step.offset for step in steps], pa.uint64()),
        "prev": integers([frame.prev for frame in frames]),
        "kind": strings([frame.kind for frame in frames]),
        "owner": strings([frame.owner.hex() for frame in frames]),
        "generation": integers([frame.generation for frame in frames]),
        "engine": strings([frame.engine for frame in frames]),
        "written_offset": integers([frame.written[0] for frame in frames]),
        "written_index": integers([frame.written[1] for frame in frames], pa.int32()),
        **lists([len(frame.inputs) for frame in frames], inputs, "inputs"),
        "rated": integers([frame.charges for frame in frames], pa.uint32()),
        "verdicts": integers([len(frame.verdicts) for frame in frames], pa.uint32()),
        "alerts": integers([len(frame.alerts) for frame in frames], pa.uint32()),
        "counts": maps([frame.counts for frame in frames], pa.int64()),
        "size": integers([step.size for step in steps], pa.uint32()),
        "written_at": pa.array([step.written_at_ms for step in steps], MILLISECOND),
    }


def place_columns(steps: Sequence[StoredStep], counts: Sequence[int], time_name: str) -> Columns:
    """Where each of a step's rows stands in the ledger; `counts` rows a step."""
    partitions: list[int] = []
    offsets: list[int] = []
    indexes: list[int] = []
    times: list[int] = []
    engines: list[str] = []
    for step, count in zip(steps, counts, strict=True):
        partitions += [step.partition] * count
        offsets += [step.offset] * count
        indexes += range(count)
        times += [step.written_at_ms] * count
        engines += [step.frame.engine] * count
    return {
        "ledger_partition": integers(partitions, pa.uint32()),
        "ledger_offset": integers(offsets, pa.uint64()),
        "ledger_index": integers(indexes, pa.uint32()),
        time_name: pa.array(times, MILLISECOND),
        "engine": strings(engines),
    }
