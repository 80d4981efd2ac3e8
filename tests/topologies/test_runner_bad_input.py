"""Bad input: each mistake of a source ends with its code, and any bytes at all in one place."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.usage import SourcePosition
from tests.platforms import NOW, TOPIC_ID
from tests.topologies.mediation_world import (
    CHAT,
    Headers,
    call,
    event,
    only_refused,
    records,
    run,
    runner,
    usage,
)
from topologies.runner import MediationOutput, SourceMessage

BAD: list[tuple[str, Any, str, str]] = [
    ("no bytes", b"", "empty_message", ""),
    ("blanks only", b" \n ", "empty_message", ""),
    ("no records", b"[]", "empty_message", ""),
    ("too large", b"x" * (1024 * 1024 + 1), "message_too_large", ""),
    ("too many records", b"[" + b"1," * 10_000 + b"1]", "message_too_large", ""),
    ("no text", b"\x00\xff\xfe", "not_parsable", ""),
    ("cut short", json.dumps(event()).encode()[:-20], "not_parsable", ""),
    ("deep", b'{"a":' * 5000 + b"1" + b"}" * 5000, "not_parsable", ""),
    ("words", b"good morning", "not_parsable", ""),
    ("a column too few", b"voice,c-1,+41791234567,+49,2026-11-22T09:30:00Z", "not_parsable", ""),
    ("other version", event(specversion="0.3"), "not_parsable", "specversion"),
    ("unknown type", event(type="tea.brewed"), "unknown_source", ""),
    ("unknown record", call(record_type="sms"), "unknown_source", ""),
    ("unknown line", b"sms,c-1,+4179,+49,2026-11-22T09:30:00Z,1", "unknown_source", ""),
    ("no type", event(type=...), "missing_field", "type"),
    ("no id", event(id=...), "missing_field", "id"),
    ("empty id", event(id=""), "missing_field", "id"),
    ("id no text", event(id=17), "wrong_type", "id"),
    ("id too long", event(id="x" * 300), "wrong_type", "id"),
    ("NUL in id", event(id="a\0b"), "wrong_type", "id"),
    ("no subject", event(subject=...), "missing_field", "subject"),
    ("no time", event(time=...), "missing_field", "time"),
    ("time no text", event(time=1763803800), "wrong_type", "time"),
    ("time a word", event(time="yesterday"), "time_not_parsable", "time"),
    ("time without offset", event(time="2026-11-22T09:30:00"), "time_not_parsable", "time"),
    ("too old", event(time="1999-12-31T23:59:59Z"), "time_out_of_range", "time"),
    ("too far ahead", event(time="2026-11-23T12:00:01Z"), "time_out_of_range", "time"),
    ("no model", event(data={"model": None}), "missing_field", "data.model"),
    ("no data", event() | {"data": "text"}, "missing_field", "data.model"),
    ("no usage", event(data={"usage": None}), "missing_field", "data.usage"),
    ("usage a list", event(data={"usage": []}), "wrong_type", "data.usage"),
    ("no counts", usage(), "missing_field", "data.usage"),
    ("words for tokens", usage(prompt_tokens="many"), "wrong_type", "data.usage.prompt_tokens"),
    ("half a token", usage(prompt_tokens=1.5), "wrong_type", "data.usage.prompt_tokens"),
    ("negative", usage(prompt_tokens=-1), "negative_quantity", "data.usage.prompt_tokens"),
    ("huge", usage(prompt_tokens=10**40), "number_too_large", "data.usage.prompt_tokens"),
    ("NaN", usage(prompt_tokens=float("nan")), "not_a_number", ""),
    ("infinite", usage(prompt_tokens=float("-inf")), "not_a_number", ""),
    ("4,400 digits", b'{"a":' + b"9" * 4400 + b"}", "number_too_large", ""),
    ("exponent", b'{"a":1e' + b"9" * 30 + b"}", "number_too_large", ""),
    (
        "child above parent",
        usage(prompt_tokens=1, prompt_tokens_details={"cached_tokens": 2}),
        "negative_quantity",
        "data.usage.prompt_tokens_details.cached_tokens",
    ),
    ("no duration", call(duration_s=...), "missing_field", "duration_s"),
    ("duration a word", call(duration_s="long"), "wrong_type", "duration_s"),
    ("ended before", call(duration_s=-1), "negative_quantity", "duration_s"),
    ("endless", call(duration_s=10**9), "time_out_of_range", "duration_s"),
    ("caller no number", call(caller="somebody"), "wrong_type", "service_id"),
]


@pytest.mark.parametrize(("value", "code", "field"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_ends_with_its_code(value: Any, code: str, field: str) -> None:
    refused = only_refused(run(value))
    assert (refused.code, refused.field) == (code, field), refused.detail
    assert refused.state == "error"
    assert refused.raw == (value if isinstance(value, bytes) else json.dumps(value).encode())
    assert refused.position == SourcePosition(TOPIC_ID, 3, 0, 0)
    assert (refused.topic, refused.recorded_at, refused.engine) == ("usage", NOW, "test")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*event(), *event()["data"], *CHAT, "x"]), inner, max_size=6
        )
    ),
    max_leaves=10,
)
SPOILED = st.fixed_dictionaries({}, optional=dict.fromkeys([*event(), *call()], JSON)).flatmap(
    lambda changes: st.sampled_from([event() | changes, call() | changes])
)
VALUES = st.one_of(
    st.binary(max_size=80),
    JSON.map(lambda plain: json.dumps(plain).encode()),
    SPOILED.map(lambda plain: json.dumps(plain).encode()),
    st.lists(SPOILED, max_size=3).map(lambda plain: json.dumps(plain).encode()),
    st.lists(st.text("voice,+4179\"';0T:-Z\n", max_size=60), max_size=3).map(
        lambda lines: "\n".join(lines).encode()
    ),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_specversion", "ce_id", "ce_type", "content-type", "x"]),
        st.sampled_from([b"1.0", b"api.request", b"application/json", b"text/plain"])
        | st.binary(max_size=8),
    ),
    max_size=5,
).map(tuple)


def test_refusal_of_a_message_beyond_all_bounds_still_fits_its_topic() -> None:
    refused = only_refused(run(b"x" * 9_000_000, headers=(("a", None),)))  # type: ignore[arg-type]
    assert refused.code == "message_too_large"
    assert "9000000 bytes" in refused.detail
    assert len(refused.raw or b"") < 7_000_000
    assert refused.headers == (("a", b""),)


def places(output: MediationOutput) -> list[tuple[int, int]]:
    placed = [(r.offset, r.index) for r in records(output)]
    return placed + [(r.position.offset, r.position.index) for r in output.refused]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(VALUES, HEADERS), max_size=6))
def test_any_bytes_end_in_exactly_one_place_and_always_the_same(
    contents: list[tuple[bytes, Headers]],
) -> None:
    messages = [SourceMessage(n, NOW, None, *content) for n, content in enumerate(contents)]

    def once() -> MediationOutput:
        return runner().run(messages, topic="usage", topic_id=TOPIC_ID, partition=0)

    output = once()
    ended = Counter(places(output))
    assert all(count == 1 for count in ended.values())
    for offset in range(len(messages)):
        indexes = sorted(index for at, index in ended if at == offset)
        assert indexes == list(range(len(indexes)))
        assert indexes, "every message leaves something"
    assert all(refused.code != "internal_error" for refused in output.refused), output.refused
    assert msgspec.msgpack.encode(output) == msgspec.msgpack.encode(once())
