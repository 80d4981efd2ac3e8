"""JSON text → plain values; a number with a fraction or exponent becomes an exact `Decimal`.

msgspec reads it once. Only when that fails is the text looked at again, to tell NaN (which many
writers emit) and numbers that nothing can hold from text that is no JSON.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from connectors.decode.limits import RECORDS_MAX
from streams.outcome import Reject, RejectReason

_TOO_DEEP = "nested deeper than can be read"

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _NotFinite(ValueError):
    """The text holds NaN or an infinity."""


def decode_json(text: bytes) -> Any:
    """The value of a JSON text, or a `Reject`."""
    try:
        return _decode(text)
    except (ValueError, RecursionError, InvalidOperation) as error:
        return _refuse(text, error)


def split_array(text: bytes) -> list[bytes] | Reject:
    """The texts of a JSON array's items, so that each record keeps its own bytes."""
    try:
        items = _split_array(text)
    except (ValueError, RecursionError, InvalidOperation) as error:
        return _refuse(text, error)
    if len(items) > RECORDS_MAX:
        detail = f"{len(items)} records in one message, the most is {RECORDS_MAX}"
        return Reject(RejectReason.MESSAGE_TOO_LARGE, detail)
    return [bytes(item) for item in items]


def _refuse(text: bytes, error: Exception) -> Reject:
    if isinstance(error, InvalidOperation):
        return Reject(RejectReason.NUMBER_TOO_LARGE, "a number's exponent is out of bounds")
    if isinstance(error, RecursionError):
        return Reject(RejectReason.NOT_PARSABLE, _TOO_DEEP)
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_float=str)
    except _NotFinite as constant:
        return Reject(RejectReason.NOT_A_NUMBER, f"{constant} is no number in JSON")
    except UnicodeDecodeError:
        return Reject(RejectReason.NOT_PARSABLE, "not UTF-8 text")
    except json.JSONDecodeError:
        pass
    except ValueError:
        return Reject(RejectReason.NUMBER_TOO_LARGE, "a number has more digits than can be read")
    except RecursionError:
        return Reject(RejectReason.NOT_PARSABLE, _TOO_DEEP)
    return Reject(RejectReason.NOT_PARSABLE, f"not JSON: {str(error)[:200]}")


def _refuse_constant(name: str) -> None:
    raise _NotFinite(name)
