"""Bytes to plain values: formats, content modes of CloudEvents, exact numbers."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.decode import Lines, Several, decode_message
from connectors.decode.limits import MESSAGE_BYTES_MAX, RECORDS_MAX
from streams.outcome import Reject, RejectReason

COMMA = (",",)
EVENT = {
    "specversion": "1.0",
    "id": "1234-1234-1234",
    "type": "com.example.someevent",
    "source": "/mycontext/subcontext",
    "time": "2018-04-05T03:56:24Z",
    "datacontenttype": "application/json",
    "data": {"message": "Hello World!"},
}
BINARY = [
    *((f"ce_{n}", str(v).encode()) for n, v in EVENT.items() if n[:4] != "data"),
    ("content-type", b"application/json"),
]


def decode(value: bytes | None, *headers: tuple[str, bytes]) -> Any:
    return decode_message(value, headers, COMMA)


def reason(decoded: Any) -> RejectReason:
    assert isinstance(decoded, Reject)
    return decoded.reason


def test_binary_mode_reads_attributes_from_headers() -> None:
    assert decode(b'{"message": "Hello World!"}', *BINARY) == EVENT


@pytest.mark.parametrize(
    "content_type",
    [b"application/cloudevents+json", b"application/cloudevents+json; charset=utf-8"],
)
def test_structured_mode_is_told_by_its_content_type_even_beside_attributes(
    content_type: bytes,
) -> None:
    value = json.dumps(EVENT).encode()
    assert decode(value, ("content-type", content_type)) == EVENT
    assert decode(value, ("ce_specversion", b"1.0"), ("content-type", content_type)) == EVENT


def test_batch_mode_keeps_each_events_own_bytes() -> None:
    texts = [json.dumps(EVENT | {"id": str(number)}).encode() for number in range(3)]
    batch = decode(
        b"[" + b" , ".join(texts) + b"]", ("content-type", b"application/cloudevents-batch+json")
    )
    assert isinstance(batch, Several)
    assert [(raw, plain["id"]) for raw, plain in batch.items] == [
        (text, str(number)) for number, text in enumerate(texts)
    ]


def test_data_in_base64_is_opened() -> None:
    encoded = base64.b64encode(b'{"message": 1}').decode()
    event = {name: value for name, value in EVENT.items() if name != "data"}
    opened = decode(json.dumps(event | {"data_base64": encoded}).encode())
    assert opened["data"] == {"message": 1}
    spoiled = decode(json.dumps(event | {"data_base64": "?"}).encode())
    assert reason(spoiled) is RejectReason.NOT_PARSABLE


@pytest.mark.parametrize(
    ("content_type", "value", "data"),
    [
        (b"application/json", b"", None),
        (b"application/vnd.acme+json", b"[1]", [1]),
        (b"text/plain", b"hello", "hello"),
    ],
)
def test_data_of_binary_mode_is_read_by_its_content_type(
    content_type: bytes, value: bytes, data: Any
) -> None:
    headers = [header for header in BINARY if header[0] != "content-type"]
    assert decode(value, *headers, ("content-type", content_type))["data"] == data


def test_header_that_is_no_text_is_refused() -> None:
    refused = decode(b"{}", *BINARY, ("ce_subject", b"\xff"))
    assert (reason(refused), refused.field) == (RejectReason.NOT_PARSABLE, "ce_subject")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1.10", Decimal("1.10")),
        (b"1e2", Decimal("1E+2")),
        (b"0.1", Decimal("0.1")),
        (b"12345678901234567890123456789", 12345678901234567890123456789),
        (b'"\\u00e9"', "é"),
        (b"null", None),
    ],
)
def test_numbers_are_exact(text: bytes, value: Any) -> None:
    (read,) = decode(b'{"a":' + text + b"}").values()
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, RejectReason.EMPTY_MESSAGE),
        (b"", RejectReason.EMPTY_MESSAGE),
        (b" \r\n", RejectReason.EMPTY_MESSAGE),
        (b"[]", RejectReason.EMPTY_MESSAGE),
        (b'{"a":' + b" " * MESSAGE_BYTES_MAX + b"1}", RejectReason.MESSAGE_TOO_LARGE),
        (b"[" + b"1," * RECORDS_MAX + b"1]", RejectReason.MESSAGE_TOO_LARGE),
        (b"a\n" * (RECORDS_MAX + 1), RejectReason.MESSAGE_TOO_LARGE),
        (b"{", RejectReason.NOT_PARSABLE),
        (b'{"a":1} x', RejectReason.NOT_PARSABLE),
        (b'{"a":"\xff"}', RejectReason.NOT_PARSABLE),
        (b'{"a":"\\ud800"}', RejectReason.NOT_PARSABLE),
        (b'{"a":' + b"[" * 100_000, RejectReason.NOT_PARSABLE),
        (b"\x80\x81", RejectReason.NOT_PARSABLE),
        (b'voice,"open', RejectReason.NOT_PARSABLE),
        (b'{"a":NaN}', RejectReason.NOT_A_NUMBER),
        (b'{"a":[-Infinity]}', RejectReason.NOT_A_NUMBER),
        (b'{"a":1' + b"0" * 5000 + b"}", RejectReason.NUMBER_TOO_LARGE),
        (b'{"a":1e9999999999999999999}', RejectReason.NUMBER_TOO_LARGE),
    ],
)
def test_what_cannot_be_read_has_a_code(value: bytes | None, expected: RejectReason) -> None:
    assert reason(decode(value)) is expected


def test_lines_keep_their_own_bytes_and_quoted_line_ends() -> None:
    lines = decode(b'a,"b\nc",d\r\n\r\n1,"2 ""x""",3\n')
    assert isinstance(lines, Lines)
    assert lines.items == (
        (b'a,"b\nc",d', ["a", "b\nc", "d"]),
        (b'1,"2 ""x""",3', ["1", '2 "x"', "3"]),
    )


def test_delimiter_that_is_most_in_the_lines_parts_them() -> None:
    lines = decode_message(b"a;1,5;b;c\n", (), (",", ";"))
    assert isinstance(lines, Lines)
    assert (lines.delimiter, lines.items[0][1]) == (";", ["a", "1,5", "b", "c"])


def test_mark_at_the_beginning_is_no_part_of_the_text() -> None:
    assert decode(b'\xef\xbb\xbf {"a": 1}') == {"a": 1}


@given(st.binary(max_size=60), st.lists(st.tuples(st.text(max_size=14), st.binary(max_size=8))))
def test_any_bytes_are_decoded_or_refused(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    decoded = decode(value, *headers, ("ce_specversion", b"1.0"))
    assert isinstance(decoded, dict | Reject)
    assert isinstance(decode(value, *headers), dict | Several | Lines | Reject)
