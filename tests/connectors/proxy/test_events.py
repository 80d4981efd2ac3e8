"""Events are cut where they end, wherever the bytes were cut."""

import pytest

from connectors.proxy.events import EventCutter, document_of, event_of
from connectors.proxy.tokens import estimated, usage_reader, with_output

STREAM = b'event: a\r\ndata: {"x": 1}\r\n\r\ndata: {"x": 2}\n\ndata: [DONE]\r\n\r\n: note\n\nda'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_do_not_depend_on_how_bytes_come(size: int) -> None:
    cutter, events = EventCutter(), list[bytes]()
    for start in range(0, len(STREAM), size):
        events += cutter.feed(STREAM[start : start + size])
    assert [document_of(each) for each in events] == [{"x": 1}, {"x": 2}, None, None]
    assert b"".join(events) + cutter.rest == STREAM.replace(b"\r\n", b"\n")


def test_an_event_is_read_as_it_was_written() -> None:
    assert document_of(event_of({"a": ["b"]}, name="n")) == {"a": ["b"]}


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("äöü", 2)]
)
def test_four_bytes_are_a_token(text: str, tokens: int) -> None:
    assert estimated(text) == tokens


def test_no_token_is_told_twice() -> None:
    read = usage_reader("anthropic")
    block = {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 1}
    known = read(block)
    assert known == {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 1}
    assert with_output(known, input_tokens=99, output_tokens=7) == {
        "input_tokens": 5,
        "cache_read_input_tokens": 3,
        "output_tokens": 7,
    }
    assert with_output(None, input_tokens=9, output_tokens=7) == {
        "input_tokens": 9,
        "output_tokens": 7,
    }
    assert (read(None), read({"other": 1})) == (None, None)
