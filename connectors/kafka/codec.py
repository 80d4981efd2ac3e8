"""Internal wire formats of `charging`, `ledger` and the tables: a version byte, then msgpack.

The first byte says what follows, so that a newer worker can read an older log. Decimals travel as
their exact text. Avro, for readers outside, is in `connectors/kafka/avro.py`.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from connectors.errors import Refused
from streams.model.account import Account, Accumulators, Balances, Fees, Service
from streams.model.account_prices import AccountPrices
from streams.model.budget import Budgets, BudgetTotal
from streams.model.charging_session import Answered, ChargingSession, Reservations
from streams.model.command import Command, Moving, OutboxMessage
from streams.model.grant import Grants
from streams.model.ledger import LedgerRecord
from streams.model.meter import MeterState
from streams.model.money import Quantity
from streams.model.partner import PartnerTiers
from streams.model.pool import Memberships
from streams.model.refused import RefusedRecord
from streams.model.session import SessionTally
from streams.model.session_command import HalfSignalled, NumberedCommand
from streams.model.shared_cap import CapSlice, CapSum
from streams.model.subscription import Subscription
from streams.model.tally import Tally
from streams.model.top_up_request import TopUpRequests
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.ranges import RangeEntry
from streams.state import CatalogMarks, RecordMark, Table

T = TypeVar("T")

USAGE_V1: Final = 0x01
COMMANDS_V1: Final = 0x02
LEDGER_V1: Final = 0x11

ACCOUNTS_OFFSET: Final = "accounts_offset"
"""Header of `release`: where the fact stands that calls for it; a worker should know it first."""

_encode = msgspec.msgpack.Encoder().encode
_decode_batch = msgspec.msgpack.Decoder(UsageBatch).decode
_decode_commands = msgspec.msgpack.Decoder(tuple[Command, ...]).decode
_decode_ledger = msgspec.msgpack.Decoder(LedgerRecord).decode
_decode_record = msgspec.msgpack.Decoder(UsageRecord).decode
_decode_refused = msgspec.msgpack.Decoder(RefusedRecord).decode

_TABLE_TYPES: dict[Table, Any] = {
    Table.META: Any,
    Table.ACCOUNTS: Account,
    Table.SERVICES: Service,
    Table.BALANCES: Balances,
    Table.ACCUMULATORS: Accumulators,
    Table.RECORD_IDS: RecordMark,
    Table.CATALOGS: CatalogMarks,
    Table.COMMANDS: Any,
    Table.OUTBOX: OutboxMessage,
    Table.COUNTERS: Quantity,
    Table.PERIODS: Any,
    Table.OWN_PERIODS: Any,
    Table.TOP_UP_REQUESTS: TopUpRequests,
    Table.FEES: Fees,
    Table.METERS: MeterState,
    Table.SESSION_TALLIES: SessionTally,
    Table.ACCOUNT_PRICES: AccountPrices,
    Table.PARTNER_TIERS: PartnerTiers,
    Table.TALLIES: Tally,
    Table.POOLS: Memberships,
    Table.GRANTS: Grants,
    Table.RANGES: RangeEntry,
    Table.SUBSCRIPTIONS: Subscription,
    Table.RESERVATIONS: Reservations,
    Table.BUDGETS: Budgets,
    Table.BUDGET_TOTALS: BudgetTotal,
    Table.SESSIONS: ChargingSession,
    Table.SESSION_ENDS: Any,
    Table.OWN_SESSION_ENDS: Any,
    Table.ANSWERS: Answered,
    Table.ACCOUNT_SESSIONS: HalfSignalled | int,
    Table.SESSION_COMMANDS: NumberedCommand,
    Table.BELONGINGS: Any,
    Table.ACCOUNT_ANSWERS: Any,
    Table.MOVES: Moving | int,
    Table.CAP_SLICES: CapSlice,
    Table.CAP_SUMS: CapSum,
}
TABLE_DECODERS = {
    table: msgspec.msgpack.Decoder(kind).decode for table, kind in _TABLE_TYPES.items()
}
"""By table: packed value → the struct named at `Table`."""


encode_value = _encode
"""Any table's value, packed."""


def encode_usage_batch(batch: UsageBatch) -> bytes:
    """A message of `charging` that carries usage."""
    return b"\x01" + _encode(batch)


def encode_commands(commands: tuple[Command, ...]) -> bytes:
    """A message of `charging` that carries commands."""
    return b"\x02" + _encode(commands)


def decode_charging(message: bytes) -> UsageBatch | tuple[Command, ...]:
    """A message of `charging`; `Refused` where it is none of ours."""
    try:
        if message[0] == USAGE_V1:
            return _decode_batch(memoryview(message)[1:])
        if message[0] == COMMANDS_V1:
            return _decode_commands(memoryview(message)[1:])
    except (IndexError, msgspec.MsgspecError) as error:
        raise Refused(f"charging: message of {len(message)} bytes: {error}") from error
    raise Refused(f"charging: unknown format {message[0]:#04x} of {len(message)} bytes")


def encode_ledger(record: LedgerRecord, rated: msgspec.Raw | None = None) -> bytes:
    """A message of `ledger`; `rated` are the record's charges where they are packed already."""
    if rated is not None:
        record = replace(record, rated=rated)
    return b"\x11" + _encode(record)


def open_ledger(message: bytes, decode: Callable[[memoryview], T]) -> T:
    """What `decode` makes of a message of `ledger`; `Refused` where it is none of ours."""
    if not message or message[0] != LEDGER_V1:
        raise Refused(f"ledger: unknown format {message[:1]!r} of {len(message)} bytes")
    try:
        return decode(memoryview(message)[1:])
    except msgspec.MsgspecError as error:
        raise Refused(f"ledger: message of {len(message)} bytes: {error}") from error


def decode_ledger(message: bytes) -> LedgerRecord:
    """A message of `ledger`; `Refused` where it is none of ours."""
    return open_ledger(message, _decode_ledger)


class LedgerDelta(msgspec.Struct, frozen=True, array_like=True):
    """What recovery needs of a ledger record; the rest, most of it, is skipped undecoded."""

    format: int
    kind: str
    prev: int
    owner: bytes
    generation: int
    written: tuple[int, int]
    engine: msgspec.Raw = msgspec.Raw()
    inputs: msgspec.Raw = msgspec.Raw()
    delta: tuple[tuple[bytes, bytes | None], ...] = ()
    dropped: tuple[tuple[bytes, bytes], ...] = ()


_decode_delta = msgspec.msgpack.Decoder(LedgerDelta).decode


def decode_ledger_delta(message: bytes) -> LedgerDelta:
    """The leading fields of a message of `ledger`; `Refused` where it is none of ours."""
    return open_ledger(message, _decode_delta)


def encode_record(record: UsageRecord) -> bytes:
    """A harmonised record as it waits in suspense."""
    return _encode(record)


def decode_record(packed: bytes) -> UsageRecord:
    """The harmonised record that `encode_record` packed."""
    return _decode_record(packed)


def encode_refused(refused: RefusedRecord) -> bytes:
    """A suspended record on its way through mediation again, as it stands on `release`."""
    return _encode(refused)


def decode_refused(packed: bytes) -> RefusedRecord:
    """The suspended record that `encode_refused` packed; `Refused` where it is none of ours."""
    try:
        return _decode_refused(packed)
    except msgspec.MsgspecError as error:
        raise Refused(f"release: message of {len(packed)} bytes: {error}") from error


def position_key(position: SourcePosition) -> bytes:
    """The key of `errors` and `outcomes`: a source position as text."""
    return f"{position.topic_id}/{position.partition}/{position.offset}/{position.index}".encode()


def suspense_key(record_id: bytes, position: SourcePosition) -> bytes:
    """The key of `suspense`: the record id and where this delivery of it came from.

    Two deliveries of one record from two positions are two entries: one of them is charged in the
    end, the other is a duplicate, and neither may hide the other when the topic is compacted.
    """
    return record_id + position_key(position)
