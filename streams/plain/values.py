"""Readers: one plain value → text, quantity or instant, or the `Reject` that names what is wrong.

Every limit on a value stands here, so that what leaves mediation fits every later table.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeGuard

from streams.model.instant import DAY, SECOND, Instant
from streams.model.money import Quantity
from streams.outcome import Reject, RejectReason

TEXT_LENGTH_MAX: Final = 256
"""The longest id or attribute, in characters."""
QUANTITY_MAX: Final = 10**18
"""The largest quantity."""
DIGITS_MAX: Final = 38
SCALE_MAX: Final = 12
"""The most digits of a quantity, and the most of them after the point: as many as are stored."""
EARLIEST: Final[Instant] = 946_684_800_000_000
"""2000-01-01T00:00:00Z: nothing older is usage."""
AHEAD_MAX: Final[Instant] = DAY
"""How far an event may be ahead of the broker's time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400
_QUICK_DIGITS = 18
_NUMBER = re.compile(r"[+-]?\d{1,60}(?:\.\d{1,60})?(?:[eE][+-]?\d{1,9})?", re.ASCII)
_NOT_FINITE = frozenset({"nan", "inf", "infinity", "-inf", "-infinity", "+inf", "+infinity"})
_NAMES = {type(None): "null", bool: "a truth", int: "a number", Decimal: "a number"}
_NAMES |= {str: "text", list: "a list", dict: "an object"}


def shown(value: Any) -> str:
    """A value for a message, cut to a readable length."""
    if isinstance(value, (dict, list)):
        return f"{_NAMES[type(value)]} of {len(value)}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def wrong_type(value: Any, field: str, wanted: str) -> Reject:
    """The value is there but of another kind; an absent one is `missing_field`."""
    if value is None:
        return Reject(RejectReason.MISSING_FIELD, f"{field} is missing, {wanted} is needed", field)
    return Reject(RejectReason.WRONG_TYPE, f"{field} is {shown(value)}, not {wanted}", field)


def is_word(value: Any) -> TypeGuard[str]:
    """True for text that can be an id or an attribute: not empty, not too long, no NUL."""
    return type(value) is str and 0 < len(value) <= TEXT_LENGTH_MAX and "\0" not in value


def refuse_word(value: Any, field: str) -> Reject:
    """Why a value is no word."""
    if type(value) is not str:
        return wrong_type(value, field, "text")
    if not value:
        return Reject(RejectReason.MISSING_FIELD, f"{field} is empty", field)
    if "\0" in value:
        return Reject(RejectReason.WRONG_TYPE, f"{field} holds a NUL: {shown(value)}", field)
    length = f"{len(value)} characters long, the most is {TEXT_LENGTH_MAX}"
    return Reject(RejectReason.WRONG_TYPE, f"{field} is {length}: {shown(value)}", field)


def read_quantity(value: Any, field: str) -> Quantity | Reject:
    """An exact, non-negative amount; a whole one is an int."""
    if type(value) is int:
        if 0 <= value <= QUANTITY_MAX:
            return value
        return _refuse_quantity(value, field)
    if type(value) is Decimal:
        return _read_decimal(value, field)
    if type(value) is str and value.strip().lower() in _NOT_FINITE:
        return Reject(RejectReason.NOT_A_NUMBER, f"{field} is {shown(value)}", field)
    return wrong_type(value, field, "a number")


def read_quantity_text(value: Any, field: str) -> Quantity | Reject:
    """The same out of text, for formats that know nothing else."""
    if type(value) is not str or not value:
        return wrong_type(value or None, field, "a number")
    if value.isdecimal() and value.isascii() and len(value) <= _QUICK_DIGITS:
        return int(value)
    text = value.strip()
    if _NUMBER.fullmatch(text) is None:
        return read_quantity(value, field)
    return _read_decimal(Decimal(text), field)


def read_change(value: Any, field: str) -> Quantity | Reject:
    """An exact amount that may be negative: what it takes away."""
    if type(value) is int and value < 0:
        return _taken_away(read_quantity(-value, field))
    if type(value) is Decimal and value.is_signed():
        return _taken_away(read_quantity(value.copy_negate(), field))
    return read_quantity(value, field)


def read_change_text(value: Any, field: str) -> Quantity | Reject:
    """The same out of text."""
    if type(value) is str and value.startswith("-"):
        return _taken_away(read_quantity_text(value[1:], field))
    return read_quantity_text(value, field)


def _taken_away(found: Quantity | Reject) -> Quantity | Reject:
    if type(found) is Decimal:
        return found.copy_negate()
    return -found if type(found) is int else found


def read_instant(value: Any, field: str) -> Instant | Reject:
    """An RFC 3339 time with its offset from UTC, to the microsecond."""
    if type(value) is not str:
        return wrong_type(value, field, "a time")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and len(value) >= 20:
            since = moment - _EPOCH
            return (since.days * _DAY_SECONDS + since.seconds) * SECOND + since.microseconds
    except (ValueError, OverflowError):
        pass
    return Reject(
        RejectReason.TIME_NOT_PARSABLE,
        f"{field} is {shown(value)}, not an RFC 3339 time with offset",
        field,
    )


def refuse_range(value: Any, field: str) -> Reject:
    """An instant outside what is taken: 2000-01-01 up to a day after the broker's time."""
    return Reject(
        RejectReason.TIME_OUT_OF_RANGE,
        f"{field} is {shown(value)}, outside 2000-01-01 up to one day after its arrival",
        field,
    )


def _read_decimal(value: Decimal, field: str) -> Quantity | Reject:
    if not value.is_finite():
        return Reject(RejectReason.NOT_A_NUMBER, f"{field} is {value}", field)
    if value.is_zero():
        return 0
    _sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if value < 0 or value > QUANTITY_MAX or len(digits) > DIGITS_MAX or exponent < -SCALE_MAX:
        return _refuse_quantity(value, field)
    return int(value) if value == value.to_integral_value() else value


def _refuse_quantity(value: Quantity, field: str) -> Reject:
    if value < 0 and value >= -QUANTITY_MAX:
        return Reject(RejectReason.NEGATIVE_QUANTITY, f"{field} is {shown(value)}", field)
    limits = f"10^18, {DIGITS_MAX} digits or {SCALE_MAX} digits after the point"
    detail = f"{field} is {shown(value)}, beyond {limits}"
    return Reject(RejectReason.NUMBER_TOO_LARGE, detail, field)
