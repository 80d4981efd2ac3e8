"""The ledger record: one acknowledged step of a partition's owner, the source of truth.

Every reader keeps the same rule of validity: a record counts only if `prev` is the offset of the
last valid one. See `connectors/kafka/ledger.py` for the one function that decides it.
"""

from typing import Literal

from msgspec import Struct

from streams.model.account import Account, Service
from streams.model.command import Command, OutboxMessage
from streams.model.decision import Decision
from streams.model.instant import Instant
from streams.model.rated import Alert, RatedUsage, RecordVerdict
from streams.model.session_command import SessionCommand

LEDGER_FORMAT = 1

WHOLE = 2**31 - 1
"""The index in `written` that stands for all inputs of a message."""


class InputRange(Struct, frozen=True, array_like=True):
    """Inputs of one message of `charging[p]`: its offset, the first and the last index taken."""

    offset: int
    first: int
    last: int


class LedgerRecord(Struct, frozen=True, array_like=True):
    """One step, or an `open`.

    `prev` is the ledger offset this step was computed from (-1 at the beginning), `owner` the
    random number of this opening of the state, `written` the (offset, index) of the last input
    applied; index `WHOLE` means all of the message. `delta` is every key put (value)
    or deleted (None), keys with their table's first byte; `dropped` are key ranges [from, to) that
    were deleted before the delta. `counts` are the numbers of inputs by what became of them.
    `requests` are commands that came by the online door, not by `charging[p]`, with the time they
    were stamped with; a record has either inputs or requests. `origins` are the ordinals, among
    the step's inputs, of those that each charge and each verdict came from; empty where the i-th
    came from the i-th. `signals` are what sessions are told, `decisions` what budgets and
    policies said to requests.
    """

    format: int
    kind: Literal["open", "step"]
    prev: int
    owner: bytes
    generation: int
    written: tuple[int, int]
    engine: str = ""
    inputs: tuple[InputRange, ...] = ()
    delta: tuple[tuple[bytes, bytes | None], ...] = ()
    dropped: tuple[tuple[bytes, bytes], ...] = ()
    rated: tuple[RatedUsage, ...] = ()
    verdicts: tuple[RecordVerdict, ...] = ()
    alerts: tuple[Alert, ...] = ()
    outbox: tuple[OutboxMessage, ...] = ()
    cleared: tuple[int, ...] = ()
    facts: tuple[Account | Service, ...] = ()
    counts: dict[str, int] = {}
    requests: tuple[Command, ...] = ()
    requested_at: Instant = 0
    origins: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    signals: tuple[SessionCommand, ...] = ()
    decisions: tuple[Decision, ...] = ()
