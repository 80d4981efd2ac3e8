"""The mediation runner: what records become, and where they wait or end."""

import json
from typing import Any

import msgspec
import pytest

from streams.model.instant import SECOND
from streams.model.usage import Usage, record_id_of
from streams.partition import partition_of
from streams.sources import MediationPlans
from tests.platforms import COMPLETIONS, NOW, TOPIC_ID, plans_of
from tests.topologies.mediation_world import (
    DIRECTORY,
    call,
    event,
    only_refused,
    records,
    run,
    runner,
)
from topologies.reject_limit import TooManyRejects
from topologies.runner import MediationRunner


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
