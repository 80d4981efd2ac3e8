"""What the pure core may read and put: an overlay over the owner's tables, and a step's effects.

The core never sees a database. It gets a `State` (get, put, delete by table and key) and an
`Effects` to append to; the owner turns both into one ledger record. One input can be given a view
and effects of its own, so that a broken record leaves no trace.
"""

from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, Protocol

from msgspec import Struct

from streams.model.account import Account, Service
from streams.model.command import Command, OutboxMessage
from streams.model.decision import Decision
from streams.model.instant import DAY, Instant
from streams.model.money import Quantity
from streams.model.rated import Alert, RatedUsage, RecordVerdict
from streams.model.session_command import SessionCommand
from streams.model.usage import UsageRecord


class Table(IntEnum):
    """The owner's tables; the number is the first byte of every key in RocksDB.

    Python 3.11 runs code whenever a member is read off its class: what is used for every record
    binds its members once, to names of its module.
    """

    META = 1
    """Write position, ledger anchor, partition time (key: name)."""
    ACCOUNTS = 2
    """`Account` by `tenant NUL account`."""
    SERVICES = 3
    """`Service` by `tenant NUL service id`."""
    BALANCES = 4
    """`Balances` by `tenant NUL account`."""
    ACCUMULATORS = 5
    """`Accumulators` by `tenant NUL account`."""
    RECORD_IDS = 6
    """`RecordMark` by UTC day (4 bytes, big endian) and record id."""
    CATALOGS = 7
    """`CatalogMarks` by tenant."""
    COMMANDS = 8
    """Seen command ids by group (4 bytes, big endian) and digest."""
    OUTBOX = 9
    """Messages not yet received elsewhere, by number (8 bytes, big endian)."""
    COUNTERS = 10
    """Totals of the counter-accounts by `tenant NUL ledger account NUL resource`."""
    PERIODS = 11
    """Accounts with something that falls due: by when (8 bytes, in order), `tenant NUL account`."""
    METERS = 12
    """`MeterState` by `tenant NUL service id NUL register`."""
    SESSION_TALLIES = 13
    """`SessionTally` by `tenant NUL account NUL outcome NUL session`."""
    ACCOUNT_PRICES = 14
    """`AccountPrices` by `tenant NUL account`."""
    FEES = 15
    """`Fees` by `tenant NUL account`."""
    PARTNER_TIERS = 16
    """`PartnerTiers` by `tenant NUL partner`."""
    OWN_PERIODS = 24
    """As PERIODS, of tenants with a time of their own: by `tenant NUL`, then as there."""
    TOP_UP_REQUESTS = 25
    """`TopUpRequests` by `tenant NUL account`."""
    TALLIES = 20
    """`Tally` by `tenant NUL account NUL total`."""
    POOLS = 19
    """`Memberships` by `tenant NUL account`."""
    GRANTS = 17
    """`Grants` by `tenant NUL account`."""
    SUBSCRIPTIONS = 28
    """`Subscription` by `tenant NUL account NUL subscription`; and an empty one without the last,
    where an account has had supplements."""
    RANGES = 27
    """`RangeEntry` by `tenant NUL length of ids`, and that with `NUL prefix`."""
    RESERVATIONS = 30
    """`Reservations` by `tenant NUL account`."""
    SESSIONS = 31
    """`ChargingSession` by `tenant NUL session`."""
    SESSION_ENDS = 32
    """Sessions by when they expire (8 bytes, in order), then as in SESSIONS."""
    OWN_SESSION_ENDS = 47
    """As SESSION_ENDS, of tenants with a time of their own: by `tenant NUL`, then as there."""
    ANSWERS = 33
    """`Answered` by group (4 bytes, big endian) and digest."""
    ACCOUNT_ANSWERS = 43
    """Those of ANSWERS to an account: by group (4 bytes, big endian), `tenant NUL account NUL` and
    digest."""
    ACCOUNT_SESSIONS = 41
    """The sessions of an account: by `tenant NUL account NUL session`. `HalfSignalled` by NUL and
    the id of the command."""
    SESSION_COMMANDS = 42
    """`NumberedCommand` by group (4 bytes, big endian) and number (8 bytes)."""
    BUDGETS = 38
    """`Budgets` by `tenant NUL account`."""
    BUDGET_TOTALS = 39
    """`BudgetTotal` by `tenant NUL account NUL budget NUL value`."""
    BELONGINGS = 22
    """What moves with an account, by `tenant NUL account NUL` and a letter: `s` and a service id,
    `c` and the digest of a command that counts for good."""
    CAP_SLICES = 36
    """`CapSlice` by `tenant NUL cap NUL` and when its period starts (8 bytes, in order)."""
    CAP_SUMS = 37
    """`CapSum` by the same keys, where a cap's sum is kept."""
    BILLED_UNITS = 34
    """`BilledUnits` by `tenant NUL account`."""
    MOVES = 23
    """What moves leave behind, by a letter: `a` and `tenant NUL account`: the `Moving` that is
    under way; `r` and the key of a record's id: the partition it was sent on to."""


PAYING: Final = (Table.ACCOUNTS, Table.SERVICES, Table.ACCOUNT_PRICES)
"""Who pays for what: read for every record, changed by commands alone."""
TIME: Final = b"time"
"""In META: the partition's time."""


class RecordState(IntEnum):
    """What the home of a record id did with it."""

    CHARGED = 1
    SUSPENDED = 2
    DISCARDED = 3
    FORWARDED = 4
    IGNORED = 5
    ERROR = 6


class RecordMark(Struct, frozen=True, array_like=True, gc=False):
    """The state of a record id and the first position it was seen at."""

    state: int
    topic_id: str
    partition: int
    offset: int
    index: int


def record_id_key(occurred_at: Instant, record_id: bytes) -> bytes:
    """The key of RECORD_IDS: UTC day of the event (4 bytes, in order before 1970 too), then id."""
    return _day_key(occurred_at // DAY) + record_id


@lru_cache(maxsize=256)
def _day_key(day: int) -> bytes:
    return (day + 2**31).to_bytes(4, "big")


class CatalogMarks(Struct, frozen=True, array_like=True):
    """Catalog versions of a tenant as (start, version), by rising start."""

    marks: tuple[tuple[Instant, str], ...]

    def at(self, instant: Instant) -> str | None:
        """The newest version whose start is at or before `instant`."""
        for start, version in reversed(self.marks):
            if start <= instant:
                return version
        return None


class View(Protocol):
    """The owner's tables for who only looks. Values are immutable.

    `key` is the table's key as bytes without the table's number. A value of any table but META,
    COMMANDS, OUTBOX, COUNTERS and PERIODS is the struct named at `Table`.
    """

    def get(self, table: Table, key: bytes) -> Any:
        """The value, or None."""

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""

    def paying(self) -> object:
        """One and the same object while no value of the tables `PAYING` changes; None: look there.

        So what was worked out from them need not be looked up for each record.
        """


class State(View, Protocol):
    """A view of the owner's tables that one step may change."""

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value."""

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key."""

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` as they stood before this step."""


class Effects:
    """All that one step did beside the state: what leaves with its ledger record.

    Lists keep the order of the inputs. `causes` are the records of those charges of `rated` that
    are no input themselves, each with the input, a record or a command, that they came from. Of
    `alerts` the first `heeded` have had what they are to do with sessions done. `step` is one and
    the same object for all that is done with no command between: what no record and no request can
    change is looked up once for it. `room` is there where a record is only tried: of each look at a
    total, by how much that could be higher and make no difference.
    """

    __slots__ = (
        "alerts",
        "causes",
        "cleared",
        "decisions",
        "facts",
        "heeded",
        "outbox",
        "rated",
        "room",
        "signals",
        "step",
        "verdicts",
    )

    def __init__(self, step: object = None) -> None:
        self.rated: list[RatedUsage] = []
        self.verdicts: list[RecordVerdict] = []
        self.alerts: list[Alert] = []
        self.outbox: list[OutboxMessage] = []
        self.facts: list[Account | Service] = []
        self.cleared: list[int] = []
        self.causes: list[tuple[UsageRecord, Command | UsageRecord]] = []
        self.signals: list[SessionCommand] = []
        self.decisions: list[Decision] = []
        self.heeded = 0
        self.room: list[Quantity] | None = None
        self.step = object() if step is None else step

    def make(self, charge: RatedUsage, cause: Command | UsageRecord) -> None:
        """Append a charge of a record that no source has sent, or that is a part of one."""
        self.rated.append(charge)
        self.causes.append((charge.record, cause))

    def look_at_all(self) -> None:
        """What is done is more than to rate one record: any total may make a difference."""
        if self.room is not None:
            self.room.append(0)

    def extend(self, other: "Effects") -> None:
        """Append all that another has, an input's to its step's."""
        self.rated += other.rated
        self.verdicts += other.verdicts
        self.alerts += other.alerts
        self.outbox += other.outbox
        self.facts += other.facts
        self.cleared += other.cleared
        self.causes += other.causes
        self.signals += other.signals
        self.decisions += other.decisions
