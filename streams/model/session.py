"""Sessions and their outcomes: what is charged once something has been achieved."""

from decimal import Decimal

from msgspec import Struct

from streams.expression import Expression
from streams.model.instant import DAY, Instant
from streams.model.money import ZERO, Quantity
from streams.model.rated import ChargeLine, Posting

EVENTS = "count"
"""Map: how often each event has come since the session was opened."""
QUANTITIES = "sum"
"""Map: what the session has used since then, by unit."""
LAST = "last"
"""Text: the event of the record itself."""


class OutcomeRule(Struct, frozen=True, kw_only=True):
    """When usage of a type has achieved what is charged for.

    Records with the same value of attribute `session` are one session; attribute `event` says what
    happened, and `events` are those that are counted. Where `resolved` becomes true, one `unit` is
    charged, at most once a session, or once a session and month (`monthly`). Where `reopened`
    becomes true for a resolved session, what was charged last is taken back. A session is
    forgotten `kept` after its last record.
    """

    id: str
    usage_type: str
    unit: str
    session: str
    event: str
    events: tuple[str, ...]
    resolved: Expression
    reopened: Expression | None = None
    monthly: bool = False
    kept: Instant = 60 * DAY


class ChargedOutcome(Struct, frozen=True, array_like=True):
    """What an outcome was charged, kept to be taken back exactly.

    `postings` are the legs of taxes and shares; `moved` what it added to accumulators, `burned`
    what it took of allowances: (resource, period start, bucket, quantity). `starts` are those of
    the spans of accumulators with a period of their own; `brought` is what it added to totals of
    partners.
    """

    period_start: Instant
    lines: tuple[ChargeLine, ...]
    total: Decimal
    amount: Decimal
    tax: Decimal = ZERO
    postings: tuple[Posting, ...] = ()
    moved: tuple[tuple[str, Quantity], ...] = ()
    burned: tuple[tuple[str, Instant, str, Quantity], ...] = ()
    starts: tuple[tuple[str, Instant], ...] = ()
    brought: tuple[tuple[str, Quantity], ...] = ()


class SessionTally(Struct, frozen=True, array_like=True):
    """A session so far. `events` and `quantities` count since it was opened, or opened again.

    `cost` is what all of it has cost the tenant.

    `charged` is there while the session is resolved. `closes_at` is the partition's time from which
    on it is forgotten.
    """

    closes_at: Instant
    last_at: Instant
    events: tuple[tuple[str, int], ...] = ()
    quantities: tuple[tuple[str, Quantity], ...] = ()
    cost: Decimal = ZERO
    charged: ChargedOutcome | None = None
