"""Columns for ClickHouse out of decoded ledger values: Arrow arrays, a whole batch at a time.

Values come as msgpack left them: decimals as their exact text, instants as microseconds, structs
as lists. Everything here works on whole columns, since a call per value would cost more than the
database does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, chain
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa

from connectors.errors import Refused
from streams.model.money import quantize_line

SCALE = 12
DECIMAL = pa.decimal128(38, SCALE)
INSTANT = pa.timestamp("us", tz="UTC")
MILLISECOND = pa.timestamp("ms", tz="UTC")
SECOND = pa.timestamp("s", tz="UTC")
ID = pa.binary(16)

FIRST_INSTANT = -2_208_988_800_000_000
"""1900-01-01T00:00:00Z, the earliest that ClickHouse's DateTime64 holds."""
LAST_INSTANT = 10_413_791_999_000_000
"""2299-12-31T23:59:59Z, the latest."""

_decode_texts = msgspec.msgpack.Decoder(dict[str, str]).decode

_LOW_WORD = 2**64 - 1
_DIGITS_END = 10**38

Column: TypeAlias = Any
"""An Arrow array; the package has no types of its own."""
Columns = dict[str, Column]


def transposed(rows: Sequence[Sequence[Any]], width: int) -> Sequence[Sequence[Any]]:
    """The columns of equally long rows; `width` empty ones where there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def chunked(parts: Sequence[Columns]) -> Columns:
    """The columns of all parts, one after the other; there is at least one.

    They stay where they are: to copy a batch into one piece costs more than to send its pieces.
    """
    return {name: pa.chunked_array([part[name] for part in parts]) for name in parts[0]}


def strings(values: Sequence[str]) -> Column:
    """A column of text."""
    return pa.array(values, pa.string())


def integers(values: Sequence[int], kind: pa.DataType | None = None) -> Column:
    """A column of whole numbers, 64 bits unless told."""
    return pa.array(values, kind or pa.int64())


def truths(values: Sequence[bool]) -> Column:
    """A column of 0 and 1."""
    return pa.array(values, pa.bool_()).cast(pa.uint8())


def instants(values: Sequence[int]) -> Column:
    """A column of instants."""
    return pa.array(values, pa.int64()).view(INSTANT)


def bounds(values: Iterable[int]) -> Column:
    """A column of period bounds; the beginning and end of time become ClickHouse's own."""
    return instants([min(max(value, FIRST_INSTANT), LAST_INSTANT) for value in values])


def decimals(values: Sequence[Any], what: str) -> Column:
    """A column of exact amounts from text, whole numbers, or both.

    Raises Refused where one does not fit 26 digits before and 12 after the point: an amount is
    never rounded on its way into the database.
    """
    try:
        return _exact(values).cast(DECIMAL)
    except pa.ArrowInvalid as error:
        raise Refused(f"{what}: an amount does not fit Decimal(38,{SCALE}): {error}") from error


def optional_decimals(values: Sequence[Any], what: str) -> Column:
    """The same where some may be None."""
    if not any(value is not None for value in values):
        return pa.nulls(len(values), DECIMAL)
    texts = [None if value is None else str(value) for value in values]
    try:
        return pa.array(texts, pa.string()).cast(DECIMAL)
    except pa.ArrowInvalid as error:
        raise Refused(f"{what}: an amount does not fit Decimal(38,{SCALE}): {error}") from error


def rounded(values: Sequence[Any], what: str) -> Column:
    """A column of amounts that explain and are not money: prices a unit, levels of alerts.

    What has more than 12 digits after the point is rounded half even.
    """
    try:
        return _exact(values).cast(DECIMAL)
    except pa.ArrowInvalid:
        texts = [str(quantize_line(Decimal(str(value)))) for value in values]
        return decimals(texts, what)


def _exact(values: Sequence[Any]) -> Column:
    """Texts as they are; only a column that mixes both is written out value by value."""
    try:
        return pa.array(values, pa.string() if values and type(values[0]) is str else pa.int64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array(list(map(str, values)), pa.string())


def lists(lengths: Iterable[int], values: Mapping[str, Column], prefix: str) -> Columns:
    """Arrays `prefix.name` that share their lengths, as a Nested column wants them."""
    offsets = pa.array([0, *accumulate(lengths)], pa.int32())
    return {
        f"{prefix}.{name}": pa.ListArray.from_arrays(offsets, column)
        for name, column in values.items()
    }


def word_lists(values: Sequence[Sequence[str]]) -> Column:
    """A column of arrays of text."""
    return pa.array(values, pa.list_(pa.string()))


def maps(values: Sequence[dict[str, Any]], kind: pa.DataType | None = None) -> Column:
    """A column of text → text, or text → another kind."""
    offsets = pa.array([0, *accumulate(map(len, values))], pa.int32())
    keys = strings(list(chain.from_iterable(values)))
    held = list(chain.from_iterable(map(dict.values, values)))
    return pa.MapArray.from_arrays(offsets, keys, pa.array(held, kind or pa.string()))


def packed_maps(values: Iterable[msgspec.Raw], what: str) -> Column:
    """A column of text → text from msgpack; equal ones are read once. Raises Refused."""
    places: defaultdict[bytes, int] = defaultdict()
    places.default_factory = places.__len__
    numbers = [places[bytes(value)] for value in values]
    try:
        distinct = maps(list(map(_decode_texts, places)))
    except msgspec.MsgspecError as error:
        raise Refused(f"{what}: {error}") from error
    return distinct.take(pa.array(numbers, pa.int32()))


def flattened(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """All parts of all rows, in order."""
    return list(chain.from_iterable(rows))


def scaled_ints(column: Column) -> list[int]:
    """The values of a decimal column as whole numbers of 10⁻¹²."""
    if not len(column):
        return []
    words = memoryview(column.buffers()[1]).cast("B").cast("q")
    words = words[2 * column.offset : 2 * (column.offset + len(column))]
    # A value is two words, the lower one unsigned.
    return [
        (high << 64) + (low & _LOW_WORD)
        for low, high in zip(words[0::2].tolist(), words[1::2].tolist(), strict=True)
    ]


def scaled_decimals(values: Sequence[int], what: str) -> Column:
    """A decimal column of whole numbers of 10⁻¹². Raises Refused beyond 38 digits."""
    if values and max(max(values), -min(values)) >= _DIGITS_END:
        raise Refused(f"{what}: a total does not fit Decimal(38,{SCALE})")
    packed = b"".join([value.to_bytes(16, "little", signed=True) for value in values])
    return pa.Array.from_buffers(DECIMAL, len(values), [None, pa.py_buffer(packed)])
