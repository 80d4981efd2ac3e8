"""One source message → its records. The bytes tell the format: a brace, a bracket, or lines."""

from collections.abc import Sequence

from msgspec import Struct

from connectors.decode.cloudevents import decode_binary, is_binary_mode, open_base64
from connectors.decode.csv import Row, decode_csv
from connectors.decode.json import decode_json, split_array
from connectors.decode.limits import MESSAGE_BYTES_MAX
from streams.model.event import PlainRecord
from streams.outcome import Reject, RejectReason

Headers = Sequence[tuple[str, bytes]]

_MARK = b"\xef\xbb\xbf"
_BRACE, _BRACKET = ord("{"), ord("[")


class Several(Struct, frozen=True):
    """The records of a JSON array, each with its own bytes."""

    items: tuple[tuple[bytes, PlainRecord | Reject], ...]


class Lines(Struct, frozen=True):
    """The rows of CSV text, each with its own bytes, and what parted their fields."""

    items: tuple[tuple[bytes, Row], ...]
    delimiter: str


def decode_message(
    value: bytes | None, headers: Headers, delimiters: Sequence[str]
) -> PlainRecord | Several | Lines | Reject:
    """What a message holds. Lines are parted by that of the delimiters which is most in them."""
    if headers and is_binary_mode(headers):
        if value is not None and len(value) > MESSAGE_BYTES_MAX:
            return _too_large(value)
        return decode_binary(headers, value or b"")
    if not value:
        return Reject(RejectReason.EMPTY_MESSAGE, "the message has no bytes")
    if len(value) > MESSAGE_BYTES_MAX:
        return _too_large(value)
    if value[0] == _BRACE:
        return _decode_object(value)
    text = value.removeprefix(_MARK).lstrip(b" \t\r\n")
    if not text:
        return Reject(RejectReason.EMPTY_MESSAGE, "the message holds only blanks")
    if text[0] == _BRACE:
        return _decode_object(text)
    return _decode_array(text) if text[0] == _BRACKET else _decode_lines(text, delimiters)


def _too_large(value: bytes) -> Reject:
    detail = f"{len(value)} bytes, the most is {MESSAGE_BYTES_MAX}"
    return Reject(RejectReason.MESSAGE_TOO_LARGE, detail)


def _decode_object(text: bytes) -> PlainRecord | Reject:
    plain: PlainRecord | Reject = decode_json(text)
    return open_base64(plain) if type(plain) is dict and "data_base64" in plain else plain


def _decode_array(text: bytes) -> Several | Reject:
    texts = split_array(text)
    if isinstance(texts, Reject):
        return texts
    if not texts:
        return Reject(RejectReason.EMPTY_MESSAGE, "the array holds no records")
    return Several(tuple((item, _decode_item(item)) for item in texts))


def _decode_item(text: bytes) -> PlainRecord | Reject:
    stripped = text.lstrip(b" \t\r\n")
    if stripped[:1] == b"{":
        return _decode_object(stripped)
    return Reject(RejectReason.WRONG_TYPE, "an item of the array is no object")


def _decode_lines(text: bytes, delimiters: Sequence[str]) -> Lines | Reject:
    delimiter = max(delimiters, key=lambda each: text.count(each.encode()))
    rows = decode_csv(text, delimiter)
    if isinstance(rows, Reject):
        return rows
    if not rows:
        return Reject(RejectReason.EMPTY_MESSAGE, "the message holds no lines")
    return Lines(tuple(rows), delimiter)
