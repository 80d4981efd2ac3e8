"""Which platform and which catalog version a record is read by."""

from typing import Any

import pytest
from msgspec.structs import replace

from streams.mediate import Mediated, Refusal, compile_mediation
from streams.model.instant import BEGINNING, DAY, Instant, format_instant
from streams.model.mediation import LookupRule, Match, SourcePlatform
from streams.route import find_root
from streams.sources import MediationPlans
from streams.state import CatalogMarks
from tests.platforms import CALLS_JSON, COMPLETIONS, NOW, arrival, plans_of

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e",
    "source": "/g",
    "type": "llm.completion",
    "subject": "key-1",
    "time": "2026-11-22T09:30:00Z",
    "data": {"provider": "p", "model": "m", "usage": {"input_tokens": 1}},
}


def renamed(version: str) -> SourcePlatform:
    rule = LookupRule(attribute="model", values={"m": version})
    return replace(COMPLETIONS, id=version, enrich=(rule,))


def two_versions(switch: Instant) -> MediationPlans:
    plans = {
        version: compile_mediation([renamed(version)], tenant="ai", version=version)
        for version in ("old", "new")
    }
    return MediationPlans(plans, {"ai": CatalogMarks(((NOW - 30 * DAY, "old"), (switch, "new")))})


@pytest.mark.parametrize(
    ("occurred_at", "version"),
    [
        (NOW - DAY, "new"),
        (NOW - DAY - 1, "old"),
        (NOW - 30 * DAY, "old"),
        (NOW - 30 * DAY - 1, "new"),
    ],
)
def test_version_in_force_at_the_events_time_is_used(occurred_at: Instant, version: str) -> None:
    event = EVENT | {"time": format_instant(occurred_at)}
    result = two_versions(NOW - DAY).mediate(event, arrival())
    assert isinstance(result, Mediated)
    assert result.plan.version == version
    assert result.event.attributes["model"] == version


def test_mark_of_a_version_that_is_not_here_is_passed_over() -> None:
    old = compile_mediation([renamed("old")], tenant="ai", version="old")
    marks = {"ai": CatalogMarks(((BEGINNING, "old"), (NOW - DAY, "unknown")))}
    result = MediationPlans({"old": old}, marks).mediate(EVENT, arrival())
    assert isinstance(result, Mediated)


@pytest.mark.parametrize(
    ("match", "record", "found"),
    [
        (Match(fields={"kind": "a"}), {"kind": "a"}, True),
        (Match(fields={"kind": "a"}), {"kind": "b"}, False),
        (Match(fields={"kind": "a"}), {"kind": ["a"]}, False),
        (Match(present=("kind", "x")), {"kind": 1, "x": None}, True),
        (Match(present=("kind", "x")), {"kind": 1}, False),
        (Match(headers={"system": "north"}), {}, True),
        (Match(headers={"system": "south"}), {}, False),
        (Match(), {"anything": 1}, True),
    ],
)
def test_match_rules(match: Match, record: dict[str, Any], found: bool) -> None:
    plans = plans_of(t=(replace(CALLS_JSON, match=match),))
    at = replace(arrival(), headers=(("system", b"north"),))
    result = plans.mediate(record, at)
    assert isinstance(result, Refusal)
    assert (result.outcome.reason != "unknown_source") == found


def test_more_special_platform_does_not_win_over_a_general_one() -> None:
    general, special = COMPLETIONS, replace(COMPLETIONS, id="s", match=Match(present=("subject",)))
    result = plans_of(a=(general,), b=(special,)).mediate(EVENT, arrival())
    assert isinstance(result, Refusal)
    assert result.outcome.reason == "unknown_source"
    assert result.outcome.detail == "several source platforms claim it: a/completions, b/s"


def test_topic_without_platforms_is_an_unknown_source() -> None:
    result = plans_of(a=(COMPLETIONS,)).mediate(EVENT, replace(arrival(), topic="other"))
    assert isinstance(result, Refusal)
    assert result.outcome.detail == "no source platform reads topic other"


def test_service_nobody_has_names_what_it_lacks() -> None:
    refused = find_root(None, tenant="t", service_id="k", occurred_at=NOW)
    assert not isinstance(refused, str)
    assert (refused.reason, refused.lacks) == ("unknown_service", "service:t:k")
