"""What the door answers, as values: the OpenAPI document takes its schemas from here.

Amounts and quantities are decimal strings, times RFC 3339 in UTC.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.status import StatusWord


class LedgerPosition(Struct, frozen=True, kw_only=True):
    """How far an answer reaches: all ledger records of the partition up to `offset`."""

    partition: int
    offset: int


class BucketAnswer(Struct, frozen=True, kw_only=True):
    """What an account holds of one resource in one period (empty: no bound); negative: it owes.

    `id` names the grant or the wallet. Of several the lower `priority` burns first; `products` say
    what it pays for, empty: for anything. `reserved` is set aside for charging sessions that run,
    and no longer in `remaining`.
    """

    resource: str
    period_start: str
    period_end: str
    granted: Decimal
    remaining: Decimal
    id: str
    priority: int
    products: list[str]
    reserved: Decimal


class TotalAnswer(Struct, frozen=True, kw_only=True):
    """A running total of one period. `aggregate`: what it tells of the values it counted."""

    accumulator: str
    period_start: str
    period_end: str
    total: Decimal
    aggregate: str


class BalanceAnswer(Struct, frozen=True, kw_only=True):
    """The balances of an account as of ledger positions; advisory, never a promise."""

    tenant: str
    account: str
    ledger: list[LedgerPosition]
    changed_at: str
    buckets: list[BucketAnswer]
    totals: list[TotalAnswer]


class HeldAnswer(Struct, frozen=True, kw_only=True):
    """What was left of one bucket; `period_start` empty: it has none. `bucket` names it."""

    resource: str
    bucket: str
    period_start: str
    remaining: Decimal


class PastBalanceAnswer(Struct, frozen=True, kw_only=True):
    """What an account held at a past moment: buckets that something was left of.

    It is the fold of every movement up to `ledger`, and never changes.
    """

    tenant: str
    account: str
    at: str
    ledger: list[LedgerPosition]
    buckets: list[HeldAnswer]


class MovementAnswer(Struct, frozen=True, kw_only=True):
    """One change of one bucket. `kind` is `usage`, or names what moved it without usage.

    `occurred_at` is when it counts, `written_at` when it stood in the ledger, at `position`
    (partition/offset/index). `charged_account` is who was charged: another one of the same root
    where it used what this account holds.
    """

    kind: str
    occurred_at: str
    written_at: str
    resource: str
    bucket: str
    period_start: str
    amount: Decimal
    balance: Decimal
    usage_type: str
    product: str
    service_id: str
    source: str
    event_id: str
    record_id: str
    charged_account: str
    position: str


class StatementPage(Struct, frozen=True, kw_only=True):
    """Movements in the ledger's order; `opening` plus all of them is `closing`, exactly.

    `start` belongs to the statement, `end` does not; both are times of the ledger, empty where it
    is not bounded. `next` is the `after` of the following page, or empty.
    """

    tenant: str
    account: str
    start: str
    end: str
    ledger: list[LedgerPosition]
    opening: list[HeldAnswer]
    closing: list[HeldAnswer]
    movements: list[MovementAnswer]
    next: str


class MeterAnswer(Struct, frozen=True, kw_only=True):
    """How much of a metered feature there is; `next_reset_at` empty: it is not granted again.

    `reserved` is held by running sessions. `unlimited`: `granted` and `remaining` bound nothing.
    """

    granted: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal
    unlimited: bool
    overage_allowed: bool
    next_reset_at: str


class EntitlementAnswer(Struct, frozen=True, kw_only=True):
    """Whether the account may use a feature, as of ledger positions; advisory, never a promise.

    `kind` is boolean, static (see `value`) or metered (see `balance`), empty where no price plan of
    the account has the feature. `reason` is entitled, overage (granted ones are used up, more are
    allowed), used_up, not_entitled, no_service, suspended or terminated.
    """

    feature: str
    kind: str
    allowed: bool
    reason: str
    price_plan: str
    value: str
    balance: MeterAnswer | None
    at: str
    ledger: list[LedgerPosition]


class AssignmentAnswer(Struct, frozen=True, kw_only=True):
    """A service id of the account and when it had it; an empty `start` or `end`: no bound.

    `supplements`: the subscription that it adds its price plan to, if any.
    """

    service_id: str
    subscription: str
    price_plan: str
    start: str
    end: str
    supplements: str = ""


class StatusAnswer(Struct, frozen=True, kw_only=True):
    """From `start` on: active, suspended or terminated."""

    status: StatusWord
    start: str


class DatedAttributeAnswer(Struct, frozen=True, kw_only=True):
    """What an attribute is from `start` until `end`: the account's, or that of a subscription or a
    service id."""

    name: str
    value: str
    start: str
    end: str
    subscription: str
    service_id: str


class BillingProfileAnswer(Struct, frozen=True, kw_only=True):
    """From `start` on, bill units are `every` so many units of the calendar of a time zone.

    They begin on a `day` of the month or a `weekday`; or are counted from `anchor`, where it is not
    empty. Each takes late usage for `grace_s` seconds past its end.
    """

    start: str
    unit: str
    every: int
    day: int
    weekday: str
    anchor: str
    time_zone: str
    grace_s: int


class AccountAnswer(Struct, frozen=True, kw_only=True):
    """An account and its service ids. `credit_limit` null: no bound. Before the first of its
    `statuses` it is active. Of several of `dated` in force the one that began last counts.
    Before the first of `billing` it is billed by calendar months."""

    tenant: str
    account: str
    root: str
    payment: str
    currency: str
    time_zone: str
    credit_limit: Decimal | None
    attributes: dict[str, str]
    statuses: list[StatusAnswer]
    dated: list[DatedAttributeAnswer]
    billing: list[BillingProfileAnswer]
    version: int
    ledger: LedgerPosition
    services: list[AssignmentAnswer]


class SuspendedAnswer(Struct, frozen=True, kw_only=True):
    """One suspended delivery of a record and what it waits for."""

    record_id: str
    tenant: str
    state: str
    code: str
    stage: str
    detail: str
    lacks: str
    source: str
    event_id: str
    service_id: str
    occurred_at: str
    position: str


class SuspensePage(Struct, frozen=True, kw_only=True):
    """Suspended records by rising id; `next` is the `after` of the following page, or empty."""

    records: list[SuspendedAnswer]
    next: str


class SuspenseCount(Struct, frozen=True, kw_only=True):
    """How many entries of a tenant are in a state with a code."""

    state: str
    code: str
    records: int


class ClockAnswer(Struct, frozen=True, kw_only=True):
    """What time it is for a tenant: `own` where it is a test whose time was advanced."""

    own: bool
    at: str


class HealthAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`dependencies` only for a caller with a key: by name `ok`, or what is wrong."""

    status: Literal["ok", "unavailable"]
    dependencies: dict[str, str] = {}


class PricesAnswer(Struct, frozen=True, kw_only=True):
    """The prices were taken: sent again under the same id, they change nothing."""

    command_id: str


class CommandsAnswer(Struct, frozen=True, kw_only=True):
    """The commands stand on the log: sent again under the same ids, they change nothing."""

    ids: list[str]
