"""Charging sessions: what a caller asks before and during service, and what is set aside for it.

The verbs are those of online charging (RFC 8506: SCUR is `reserve`, `extend`, `confirm`; ECUR the
same without `extend`; IEC is `debit`; 3GPP TS 32.291: create, update, release). A request may ask
for several services of one session; each has its rating group.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from streams.model.account import Bucket
from streams.model.instant import BEGINNING, Instant
from streams.model.money import ZERO, Quantity
from streams.model.session_policy import FinalUnit
from streams.model.usage import Usage

Verb = Literal["check", "reserve", "extend", "confirm", "release", "debit", "refund", "balance"]

Total = tuple[str, Instant, Instant, Quantity]
"""An accumulator's name, its period's start and end, a quantity."""

BudgetHold = tuple[bytes, Instant, Instant, Quantity]
"""The key of a budget's total, its window's start and end, a quantity."""


class ServiceRequest(Struct, frozen=True, array_like=True):
    """One service of a request: what was used since the last report, what is asked for now.

    `used` and `requested` are quantities by unit. Where not all can be granted, the last unit of
    `requested` is cut; with `is_whole` it is all or nothing. `rating_group` tells services of one
    session apart; empty: the usage type does. `used_after` is what was used after the change of the
    tariff that the grant told. With `money`, no more is granted than that buys.
    """

    usage_type: str
    requested: tuple[Usage, ...] = ()
    used: tuple[Usage, ...] = ()
    rating_group: str = ""
    attributes: dict[str, str] = {}
    is_whole: bool = False
    used_after: tuple[Usage, ...] = ()
    money: Decimal | None = None

    @property
    def group(self) -> str:
        """What tells it apart in its session."""
        return self.rating_group or self.usage_type


class ChargingRequest(Struct, frozen=True, array_like=True, tag=60):
    """What is asked of the owner of an account, with the time that the owner stamped.

    Requests of a session rise in `sequence`; the same one again gets the first answer. `debit` has
    no session: `session` is its Idempotency-Key. A grant is valid for `validity`, in microseconds.
    `expires`: nobody asked; the session's validity is over. `refers` is what a refund is of: the
    name that the answer of a debit or of a session that has ended is kept by. `gateway` names who
    holds the session, and hears what is commanded of it. `occurred_at` is when it began by the
    caller's clock; BEGINNING: he says nothing of it. `follow` names the thresholds whose status
    the session follows, empty: all that its account has; None: it says nothing of them.
    """

    command_id: str
    tenant: str
    root: str
    verb: Verb
    session: str
    sequence: int
    service_id: str
    at: Instant
    services: tuple[ServiceRequest, ...]
    validity: Instant
    expires: bool = False
    refers: str = ""
    gateway: str = ""
    occurred_at: Instant = BEGINNING
    follow: tuple[str, ...] | None = None

    @property
    def began_at(self) -> Instant:
        """When what it asks for begins: never after the time of the request."""
        return self.at if self.occurred_at == BEGINNING else min(self.occurred_at, self.at)


class AnswerCode(StrEnum):
    """What became of a request; of several services, of each. An API: never renamed."""

    SUCCESS = "success"
    """All that was asked for is granted, or booked."""
    PARTIAL = "partial"
    """Less than asked is granted: it is the last."""
    CREDIT_LIMIT_REACHED = "credit_limit_reached"
    """Nothing can be granted: money, credit or allowance does not cover it."""
    NOT_RATED = "not_rated"
    """It has no price, or its service does not count: the detail says why."""
    UNKNOWN_SESSION = "unknown_session"
    """There is no such session, or it has ended."""
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    """The same name came before with another content."""
    OUT_OF_ORDER = "out_of_order"
    """A later request of the session came before."""
    BUDGET_EXHAUSTED = "budget_exhausted"
    """A budget does not bear it: the restriction names its level."""
    RATE_LIMITED = "rate_limited"
    """A budget of a minute or an hour does not bear it now: ask again later."""
    SESSION_LIMIT_REACHED = "session_limit_reached"
    """As many sessions run as may run at once."""
    STOPPED_BY_POLICY = "stopped_by_policy"
    """A policy of the catalog forbids it."""
    TERMINATED = "terminated"
    """The session was told to end: nothing more is granted, its last report is awaited."""
    CLOCK_OUT_OF_BOUNDS = "clock_out_of_bounds"
    """The time that the request was stamped with is too far from the time here."""
    MOVING = "moving"
    """The account is on its way to another root: ask again by the same name."""
    UNKNOWN_THRESHOLD = "unknown_threshold"
    """The account has no threshold of this name, or none at all, that can be followed."""


class Restriction(Struct, frozen=True, array_like=True):
    """What bounds a service: a budget, or a policy of the catalog.

    `level` is the budget's, such as `agent` or `team`. `action` says what became of the request:
    `stop`, `throttle` (less was granted, or not more than `rate` tells) or `downgrade`: it was
    granted with the attributes `instead`. `reason` is a policy's reason code. At `retry_at` asking
    again may help; BEGINNING: it does not.
    """

    kind: Literal["budget", "sessions", "policy"]
    name: str
    action: Literal["stop", "throttle", "downgrade"]
    level: str = ""
    instead: dict[str, str] = {}
    rate: str = ""
    retry_at: Instant = BEGINNING
    reason: str = ""


Trigger = Literal["", "rating_condition_change", "tariff_time_change"]
"""Why what was used before was charged in the midst of a session (3GPP TS 32.291: triggers)."""


class ServiceAnswer(Struct, frozen=True, array_like=True):
    """What became of one service: `granted` by unit, what is set aside for it as money.

    `restriction` is there where something else than money bounds it.
    Ask again once `ask_again_at` or less of the last granted unit is left, and `ask_again_before`
    (microseconds) the end of its validity. `final_unit` says what to do after a grant that is the
    last. At `tariff_change` the tariff changes: units may be used before and after, and are to be
    reported apart. `trigger` says why an earlier part was charged now.
    """

    group: str
    usage_type: str
    code: AnswerCode
    granted: tuple[Usage, ...] = ()
    amount: Decimal = ZERO
    is_final: bool = False
    detail: str = ""
    restriction: Restriction | None = None
    final_unit: FinalUnit | None = None
    ask_again_at: Quantity = 0
    ask_again_before: Instant = 0
    tariff_change: Instant = BEGINNING
    trigger: Trigger = ""


class BalanceLeft(Struct, frozen=True, array_like=True):
    """A bucket as a caller sees it: what is available, and what sessions have set aside."""

    account: str
    resource: str
    bucket: str
    remaining: Quantity
    reserved: Quantity
    start: Instant
    end: Instant


class BudgetLeft(Struct, frozen=True, array_like=True):
    """A budget as a caller sees it, in the window that holds the time of the request."""

    budget: str
    level: str
    value: str
    limit: Quantity
    used: Quantity
    reserved: Quantity
    start: Instant
    end: Instant


class ThresholdStatus(Struct, frozen=True, array_like=True):
    """Where a threshold of an account stands: `status` is a word for the levels that are reached.

    `value` is what was measured, with what sessions have set aside as not used. Where it is of a
    period it may change by itself at `end`; `then` is the status that it has after that, empty:
    nobody knows.
    """

    threshold: str
    status: str
    value: Quantity
    start: Instant
    end: Instant
    then: str = ""


class Control(Struct, frozen=True, array_like=True):
    """What was last commanded of a session that runs: how it goes on, or that it ends."""

    action: str
    value: str = ""
    reason: str = ""


class ChargingAnswer(Struct, frozen=True, array_like=True):
    """The answer to a request. `valid_until`: ask again before, or the session is settled.

    `is_repeat`: this answer was given before; nothing has been done now. `balances`, `budgets` and
    `thresholds` are there where they were asked for. A session that reports no use for
    `inactive_after` (microseconds) is settled. `control` is what it was last told.
    """

    code: AnswerCode
    services: tuple[ServiceAnswer, ...] = ()
    currency: str = ""
    valid_until: Instant = BEGINNING
    detail: str = ""
    is_repeat: bool = False
    balances: tuple[BalanceLeft, ...] = ()
    budgets: tuple[BudgetLeft, ...] = ()
    inactive_after: Instant = 0
    control: Control | None = None
    thresholds: tuple[ThresholdStatus, ...] = ()


class Hold(Struct, frozen=True, array_like=True):
    """What is set aside of one bucket: the bucket's terms, with `remaining` as the part held.

    `account` holds the bucket.
    """

    account: str
    bucket: Bucket


class PaidPart(Struct, frozen=True, array_like=True):
    """What one bucket has paid of a charge, and what of that has come back since."""

    account: str
    resource: str
    start: Instant
    bucket: str
    quantity: Quantity
    refunded: Quantity = 0


class PaidUnit(Struct, frozen=True, array_like=True):
    """How much of a unit a charge was for, its `price`, and how much of it was refunded since.

    `covered` is what allowances paid of it, each so much of the unit, in their order.
    """

    unit: str
    quantity: Quantity
    price: Decimal
    covered: tuple[tuple[str, Quantity], ...] = ()
    refunded: Quantity = 0


class PaidUsage(Struct, frozen=True, array_like=True):
    """What a charge was for, by unit."""

    usage_type: str
    service_id: str
    start: Instant
    attributes: dict[str, str]
    units: tuple[PaidUnit, ...]

    @property
    def is_back(self) -> bool:
        """True where all of it was refunded."""
        return all(each.refunded == each.quantity for each in self.units)


class Paid(Struct, frozen=True, array_like=True):
    """A charge that can be refunded: what paid it, in the order it did, and for whom.

    `counters` are its legs that stand against that: ledger account, resource, quantity. `usage` is
    what it was for.
    """

    charge: str
    product: str
    parts: tuple[PaidPart, ...]
    counters: tuple[tuple[str, str, Quantity], ...]
    usage: PaidUsage | None = None


class HeldService(Struct, frozen=True, array_like=True):
    """One service of a session while it runs, since `opened_at`.

    `used` is all that was reported, `granted` what it may use beyond that; `holds`, `totals` and
    `budgets` are what both together take of buckets, and add to accumulators and budgets. `number`
    counts its charges. The tariff changes at `tariff_change`, within the grant. `caps` are what
    they take of the slices of caps, by their keys.
    """

    group: str
    usage_type: str
    attributes: dict[str, str]
    opened_at: Instant
    reported_at: Instant
    used: tuple[Usage, ...] = ()
    granted: tuple[Usage, ...] = ()
    holds: tuple[Hold, ...] = ()
    totals: tuple[Total, ...] = ()
    number: int = 0
    tariff_change: Instant = BEGINNING
    caps: tuple[tuple[bytes, Decimal], ...] = ()
    budgets: tuple[BudgetHold, ...] = ()

    @classmethod
    def opened(cls, asked: ServiceRequest, at: Instant) -> "HeldService":
        """The service of a request as it begins."""
        return cls(asked.group, asked.usage_type, asked.attributes, at, at)


class ChargingSession(Struct, frozen=True, array_like=True):
    """A session that runs, with its last answer and the digest of what that answered.

    `used_at` is when it last reported use, `gateway` who holds it. Without use it goes on for
    `inactive_after`, 0: as long as it is valid. `control` is what it was last told.
    `paid` are charges that were made before its end. `places` are the keys of those limits on
    sessions that it counts in. One that `follows` thresholds serves nothing: each is there with the
    status that was last told, and `expires_at` is when it is looked at next.
    """

    tenant: str
    session: str
    service_id: str
    account: str
    root: str
    sequence: int
    digest: bytes
    answer: ChargingAnswer
    expires_at: Instant
    services: tuple[HeldService, ...] = ()
    paid: tuple[Paid, ...] = ()
    opened_at: Instant = BEGINNING
    used_at: Instant = BEGINNING
    inactive_after: Instant = 0
    gateway: str = ""
    control: Control | None = None
    places: tuple[bytes, ...] = ()
    follows: tuple[tuple[str, str], ...] | None = None

    @property
    def valid_until(self) -> Instant:
        """When it ends unless it is heard of again."""
        is_looked_at = self.follows is not None and self.control is None
        return self.answer.valid_until if is_looked_at else self.expires_at


class Answered(Struct, frozen=True, array_like=True):
    """The last answer of a session that has ended, or of a request without one.

    `paid` are its charges, as far as they can be refunded; `account` is whose they are.
    """

    sequence: int
    digest: bytes
    answer: ChargingAnswer
    paid: tuple[Paid, ...] = ()
    account: str = ""


class Reservations(Struct, frozen=True, array_like=True):
    """What running sessions of an account would add to its accumulators, and how many run.

    `followers` are the names of those that follow its thresholds, and are not counted.
    """

    sessions: int = 0
    totals: tuple[Total, ...] = ()
    followers: tuple[str, ...] = ()
