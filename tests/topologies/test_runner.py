"""The mediation runner: every record of every message ends in exactly one place, with its code."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kafka.codec import encode_record, encode_refused
from streams.model.account import Service, ServiceAssignment
from streams.model.command import Released
from streams.model.instant import BEGINNING, DAY, FOREVER, SECOND
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.partition import partition_of
from streams.sources import MediationPlans
from tests.platforms import COMPLETIONS, NOW, TOPIC_ID, example_plans, plans_of
from topologies.reject_limit import RejectLimit, TooManyRejects
from topologies.runner import MediationOutput, MediationRunner, SourceMessage

Headers = tuple[tuple[str, bytes], ...]

CHAT = {"prompt_tokens": 30, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 10}}


class KnownServices:
    """A directory of a few services; `position` counts what it was told."""

    def __init__(self, *services: Service) -> None:
        self._services = {(each.tenant, each.service_id): each for each in services}
        self.position = 40
        self.lookups = 0

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        self.lookups += 1
        return [self._services.get(key) for key in keys]


def service(tenant: str, service_id: str, *spans: tuple[str, int, int]) -> Service:
    return Service(
        tenant,
        service_id,
        tuple(
            ServiceAssignment(root, root, f"{root}/1", "basic", start, end)
            for root, start, end in spans or (("acme", BEGINNING, FOREVER),)
        ),
    )


DIRECTORY = KnownServices(
    service("ai", "key-1"),
    service("ai", "key-2", ("globex", BEGINNING, FOREVER)),
    service("ai", "later", ("acme", NOW + DAY, FOREVER)),
    service("ai", "ended", ("acme", BEGINNING, NOW - DAY)),
    service("ai", "claimed", ("acme", BEGINNING, FOREVER), ("globex", BEGINNING, FOREVER)),
    service("voice", "41791234567", ("line", BEGINNING, FOREVER)),
)


def runner(plans: MediationPlans | None = None, **limits: int) -> MediationRunner:
    return MediationRunner(
        plans=plans or example_plans(),
        directory=DIRECTORY,
        partitions=8,
        limit=RejectLimit(**limits),
        engine="test",
    )


def event(**changes: Any) -> dict[str, Any]:
    data = {"provider": "openai", "model": "gpt-4o-2024-08-06", "status": 200, "usage": CHAT}
    plain = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/gateway/1",
        "type": "llm.completion",
        "subject": "key-1",
        "time": "2026-11-22T09:30:00Z",
        "data": data | changes.pop("data", {}),
    }
    return {name: value for name, value in (plain | changes).items() if value is not ...}


def usage(**body: Any) -> dict[str, Any]:
    return event(data={"usage": body})


def call(**changes: Any) -> dict[str, Any]:
    plain = {
        "record_type": "voice",
        "call_id": "c-1",
        "caller": "079 123 45 67",
        "called": "0049 30 1234567",
        "started_at": "2026-11-22T09:30:00+01:00",
        "duration_s": 73,
    }
    return {name: value for name, value in (plain | changes).items() if value is not ...}


def run(*values: bytes | Any, headers: Headers = (), on: MediationRunner | None = None) -> Any:
    texts = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    messages = [SourceMessage(n, NOW, None, text, headers) for n, text in enumerate(texts)]
    return (on or runner()).run(messages, topic="usage", topic_id=TOPIC_ID, partition=3)


def records(output: MediationOutput) -> list[UsageRecord]:
    return [r for batches in output.batches.values() for batch in batches for r in batch.records]


def only_refused(output: MediationOutput) -> RefusedRecord:
    assert not output.batches
    (refused,) = output.refused
    return refused


def test_completion_becomes_a_record_of_token_leaves() -> None:
    output = run(event())
    ((partition, (batch,)),) = output.batches.items()
    assert partition == partition_of("ai", "acme", 8)
    assert (batch.topic_id, batch.partition, batch.catalog_version) == (TOPIC_ID, 3, "ai-1")
    (record,) = batch.records
    assert record.record_id == record_id_of(
        tenant="ai", source="/gateway/1", event_id="e-1", part=0
    )
    assert (record.usage_type, record.service_id, record.root) == ("llm_tokens", "key-1", "acme")
    assert record.usages == (
        Usage("input_tokens", 20),
        Usage("cache_read_input_tokens", 10),
        Usage("output_tokens", 4),
    )
    assert record.attributes == {"provider": "openai", "model": "gpt-4o"}
    assert record.occurred_at == record.ended_at == NOW - 9000 * SECOND


def test_call_is_normalised_and_the_same_record_from_json_and_csv() -> None:
    line = b"voice,c-1,079 123 45 67,0049 30 1234567,2026-11-22T09:30:00+01:00,73"
    first, second = records(run(call(), line))
    assert msgspec.structs.replace(second, offset=0) == first
    assert first.service_id == "41791234567"
    assert first.attributes == {"caller": "41791234567", "called": "49301234567"}
    assert first.ended_at - first.occurred_at == 73 * SECOND
    assert first.usages == (Usage("s", 73),)


def test_binary_mode_is_the_same_event_as_structured_mode() -> None:
    plain = event(type="api.request", data={"endpoint": "/v1/rank", "units": 2})
    headers = tuple(
        (f"ce_{name}", value.encode()) for name, value in plain.items() if name != "data"
    )
    binary = run(json.dumps(plain["data"]).encode(), headers=headers)
    assert records(binary) == records(run(plain))


def test_records_of_one_message_are_told_apart_by_index() -> None:
    output = run([event(id="a"), 7, event(id="b", subject="nobody")])
    (record,) = records(output)
    assert (record.event_id, record.offset, record.index) == ("a", 0, 0)
    assert [(r.position.index, r.code) for r in output.refused] == [
        (1, "wrong_type"),
        (2, "unknown_service"),
    ]
    assert json.loads(output.refused[1].raw or b"")["id"] == "b", "its own bytes, not the message's"


def test_lines_of_one_message_are_told_apart_by_index() -> None:
    line = b"voice,%s,+41791234567,+4930,2026-11-22T09:30:00Z,%s"
    output = run(b"\n".join([line % (b"a", b"5"), line % (b"b", b"x"), line % (b"c", b"7")]))
    assert [(r.event_id, r.index) for r in records(output)] == [("a", 0), ("c", 2)]
    (refused,) = output.refused
    assert (refused.position.index, refused.event_id, refused.raw) == (1, "b", line % (b"b", b"x"))


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


def test_failed_request_is_ignored_and_told_by_which_rule() -> None:
    refused = only_refused(run(event(data={"status": 429})))
    assert (refused.state, refused.code, refused.stage) == ("ignored", "filtered", "filter")
    assert refused.detail == "failed_requests"
    assert refused.event_id == "e-1"


def test_nothing_used_is_ignored() -> None:
    refused = only_refused(run(call(duration_s=0)))
    assert (refused.state, refused.code) == ("ignored", "zero_usage")


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("nobody", "unknown_service"),
        ("later", "not_yet_active"),
        ("ended", "service_ended"),
        ("claimed", "ambiguous_service"),
    ],
)
def test_service_without_one_home_waits_in_suspense(subject: str, code: str) -> None:
    refused = only_refused(run(event(subject=subject)))
    assert (refused.state, refused.code, refused.stage) == ("suspended", code, "guide")
    assert refused.lacks == f"service:ai:{subject}"
    assert refused.reference == 40
    assert refused.raw is not None
    assert refused.record_id == record_id_of(
        tenant="ai", source="/gateway/1", event_id="e-1", part=0
    )


def test_without_any_catalog_records_wait_for_one() -> None:
    refused = only_refused(run(event(), on=runner(MediationPlans({}, {}))))
    assert (refused.state, refused.code, refused.lacks) == ("suspended", "no_catalog", "catalog:")


def test_record_that_two_tenants_claim_is_refused() -> None:
    refused = only_refused(run(event(), on=runner(plans_of(a=(COMPLETIONS,), b=(COMPLETIONS,)))))
    assert refused.code == "unknown_source"
    assert "a/completions, b/completions" in refused.detail


def test_services_are_looked_up_once_for_a_fetch() -> None:
    before = DIRECTORY.lookups
    run(*[event(id=f"e-{n}") for n in range(50)])
    assert DIRECTORY.lookups == before + 1


class Broken(Exception):
    """A bug of ours."""


def break_stage(on: MediationRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def mediate(*_: Any) -> Any:
        raise Broken("oh")

    monkeypatch.setattr(on.plans, "mediate", mediate)


def test_bug_ends_one_record_and_not_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    on = runner()
    break_stage(on, monkeypatch)
    refused = only_refused(run(event(), on=on))
    assert (refused.state, refused.code, refused.detail) == (
        "error",
        "internal_error",
        "Broken: oh",
    )


def test_bug_in_all_records_stops_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    on = runner(consecutive=5)
    break_stage(on, monkeypatch)
    with pytest.raises(TooManyRejects):
        run(*[event()] * 7, on=on)


def release(*refused: RefusedRecord) -> MediationOutput:
    messages = [SourceMessage(n, NOW, None, encode_refused(r), ()) for n, r in enumerate(refused)]
    return runner().run_released(messages, topic="release", topic_id="r" * 22, partition=0)


def test_released_raw_record_keeps_its_position_and_identity() -> None:
    suspended = run([event(id="a"), event(id="b", subject="nobody")]).refused[0]
    again = release(msgspec.structs.replace(suspended, raw=json.dumps(event(id="b")).encode()))
    ((command,),) = again.commands.values()
    assert isinstance(command, Released)
    assert command.command_id == f"release/{'r' * 22}/0/0"
    batch = command.batch
    (record,) = batch.records
    assert (batch.topic_id, batch.partition) == (TOPIC_ID, 3)
    assert (record.offset, record.index, record.event_id) == (0, 1, "b")
    assert record.record_id == suspended.record_id
    assert not (again.batches or again.refused or again.closed)


def test_released_record_that_still_lacks_its_service_is_suspended_again() -> None:
    suspended = only_refused(run(event(subject="nobody")))
    again = release(suspended)
    assert again.refused == [suspended]
    assert not again.closed


def test_released_record_that_ends_in_mediation_closes_its_suspense() -> None:
    suspended = only_refused(run(event(subject="nobody")))
    failed = json.dumps(event(data={"status": 500})).encode()
    again = release(msgspec.structs.replace(suspended, raw=failed))
    (refused,), (closed,) = again.refused, again.closed
    assert refused.state == closed.state == "ignored"
    assert (closed.record_id, closed.position) == (suspended.record_id, suspended.position)


def test_record_suspended_without_identity_goes_on_under_its_own() -> None:
    suspended = only_refused(run(event(), on=runner(MediationPlans({}, {}))))
    again = release(suspended)
    ((command,),) = again.commands.values()
    assert isinstance(command, Released)
    (record,) = command.batch.records
    (closed,) = again.closed
    assert record.record_id != suspended.record_id == closed.record_id
    assert closed.state == "charged"


def test_released_harmonised_record_goes_home_as_a_command() -> None:
    (record,) = records(run(event()))
    moved = msgspec.structs.replace(record, service_id="key-2")
    suspended = only_refused(run(event(subject="nobody")))
    original = msgspec.structs.replace(
        suspended, raw=None, record=encode_record(moved), catalog_version="ai-1"
    )
    again = release(original)
    ((partition, (command,)),) = again.commands.items()
    assert partition == partition_of("ai", "globex", 8)
    assert isinstance(command, Released)
    assert command.command_id == f"release/{'r' * 22}/0/0"
    assert command.batch.records == (msgspec.structs.replace(moved, root="globex"),)
    assert (command.batch.topic_id, command.batch.partition) == (TOPIC_ID, 3)


def test_released_harmonised_record_without_a_home_waits_on() -> None:
    (record,) = records(run(event()))
    lost = encode_record(msgspec.structs.replace(record, service_id="nobody"))
    original = msgspec.structs.replace(only_refused(run(event(subject="x"))), raw=None, record=lost)
    refused = only_refused(release(original))
    assert (refused.state, refused.code) == ("suspended", "unknown_service")
    assert (refused.record, refused.reference) == (lost, 40)


def test_what_is_no_released_record_is_told_and_left() -> None:
    messages = [SourceMessage(0, NOW, None, b"?", ())]
    output = runner().run_released(messages, topic="release", topic_id="r" * 22, partition=0)
    assert only_refused(output).code == "not_parsable"


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
