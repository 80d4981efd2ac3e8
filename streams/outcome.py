"""The three ends of a stage: `Emit`, `Drop`, `Reject`; and every code a record can end with.

A stage is a pure, total function that returns one of them; nobody raises for a wrong record. Codes
are an API: never renamed, never reused. Of several that apply the first declared is reported.
"""

from enum import StrEnum
from typing import Generic, TypeVar, assert_never, final

from msgspec import Struct

T = TypeVar("T")


class DropReason(StrEnum):
    """Not ours to charge: counted as `ignored`, never dead-lettered."""

    FILTERED = "filtered"
    ZERO_USAGE = "zero_usage"
    FIRST_READING = "first_reading"


class RejectReason(StrEnum):
    """Why a record could not be charged, in order of precedence."""

    # Unreadable: these go to `errors`, with their bytes.
    EMPTY_MESSAGE = "empty_message"
    MESSAGE_TOO_LARGE = "message_too_large"
    NOT_PARSABLE = "not_parsable"
    UNKNOWN_SOURCE = "unknown_source"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NOT_A_NUMBER = "not_a_number"
    NUMBER_TOO_LARGE = "number_too_large"
    NEGATIVE_QUANTITY = "negative_quantity"
    TIME_NOT_PARSABLE = "time_not_parsable"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    RULE_FAILED = "rule_failed"
    INTERNAL_ERROR = "internal_error"
    # Readable, but something is missing that may still come: these go to `suspense`.
    NO_CATALOG = "no_catalog"
    UNKNOWN_SERVICE = "unknown_service"
    AMBIGUOUS_SERVICE = "ambiguous_service"
    UNKNOWN_ACCOUNT = "unknown_account"
    NOT_YET_ACTIVE = "not_yet_active"
    SERVICE_ENDED = "service_ended"
    SERVICE_SUSPENDED = "service_suspended"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_TERMINATED = "account_terminated"
    SPANS_CHANGE = "spans_change"
    WRONG_HOME = "wrong_home"
    OUTSIDE_DEDUPE_WINDOW = "outside_dedupe_window"
    UNKNOWN_PRICE_PLAN = "unknown_price_plan"
    NO_PRICE = "no_price"
    NO_RATE_UNIT = "no_rate_unit"
    NO_QUANTITY = "no_quantity"
    LATE_READING = "late_reading"
    IMPLAUSIBLE_READING = "implausible_reading"
    NOT_HELD = "not_held"
    NO_ZONE = "no_zone"
    UNKNOWN_CURRENCY = "unknown_currency"
    OVER_LIMIT = "over_limit"


class CommandReason(StrEnum):
    """Why a command was not carried out; its record's verdict is `ignored`."""

    ACCOUNT_NOT_KNOWN = "account_not_known"
    SAME_ROOT = "same_root"
    SESSIONS_OPEN = "sessions_open"
    OTHER_CURRENCY = "other_currency"
    NOT_APPROVED = "not_approved"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    REQUEST_NOT_KNOWN = "request_not_known"
    CONVERSION_NOT_KNOWN = "conversion_not_known"
    TOO_FEW_POINTS = "too_few_points"
    NOT_ENOUGH_POINTS = "not_enough_points"
    OVERLAPPING_RANGE = "overlapping_range"
    NOT_A_TEST_TENANT = "not_a_test_tenant"
    CLOCK_IS_AHEAD = "clock_is_ahead"
    SERVICE_NOT_KNOWN = "service_not_known"
    ATTRIBUTE_NOT_KNOWN = "attribute_not_known"
    WRONG_ATTRIBUTE_VALUE = "wrong_attribute_value"
    BILL_UNIT_NOT_OPEN = "bill_unit_not_open"
    BILL_UNIT_NOT_KNOWN = "bill_unit_not_known"
    BILL_UNIT_NOT_CLOSED = "bill_unit_not_closed"
    BILL_UNIT_BILLED = "bill_unit_billed"


_ERRORS = frozenset(list(RejectReason)[: list(RejectReason).index(RejectReason.NO_CATALOG)])


def is_suspense(reason: RejectReason) -> bool:
    """True where a later fact can still make the record chargeable; else it is an error."""
    return reason not in _ERRORS


@final
class Emit(Struct, Generic[T], frozen=True):
    """The stage made these, 1..n."""

    records: tuple[T, ...]


@final
class Drop(Struct, frozen=True):
    """Nothing to charge, by a rule."""

    reason: DropReason
    detail: str = ""


@final
class Reject(Struct, frozen=True):
    """Cannot be charged (now). `detail` is one sentence with the value seen; `field` names where.

    `lacks` is the reference key that is missing, such as `service:<tenant>:<service id>`,
    `account:<tenant>:<account>`, `price:<tenant>:<price plan>:<usage type>`, `catalog:<tenant>`;
    a fact about that key makes the keeper try again.
    """

    reason: RejectReason
    detail: str
    field: str = ""
    lacks: str = ""


Outcome = Emit[T] | Drop | Reject


class Verdict(StrEnum):
    """Where a record ended; every source position has exactly one."""

    CHARGED = "charged"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"
    ERROR = "error"


def verdict_of(outcome: Drop | Reject) -> Verdict:
    """The conservation column that an outcome without a record counts in."""
    match outcome:
        case Drop():
            return Verdict.IGNORED
        case Reject(reason=reason):
            return Verdict.SUSPENDED if is_suspense(reason) else Verdict.ERROR
        case _:
            assert_never(outcome)
