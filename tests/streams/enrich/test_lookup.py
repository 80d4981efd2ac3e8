"""Look-up rules."""

import pytest

from streams.enrich.lookup import compile_lookup
from streams.model.event import UsageEvent
from streams.model.mediation import LookupRule
from streams.outcome import Reject, RejectReason


def event(**attributes: str) -> UsageEvent:
    return UsageEvent({}, "s", "e", "k", 0, 0, (), dict(attributes))


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"model": "a-2026"}, {"model": "a"}), ({"model": "b"}, {"model": "b"}), ({}, {})],
)
def test_value_of_the_table_replaces_what_it_has(
    given: dict[str, str], expected: dict[str, str]
) -> None:
    changed = event(**given)
    assert compile_lookup(LookupRule(attribute="model", values={"a-2026": "a"}))(changed) is None
    assert changed.attributes == expected


def test_strict_table_rejects_what_it_does_not_have() -> None:
    rule = LookupRule(attribute="model", values={"a": "a"}, missing="reject")
    assert compile_lookup(rule)(event(model="a")) is None
    assert compile_lookup(rule)(event(model="b")) == Reject(
        RejectReason.RULE_FAILED, "model is 'b', which its table does not have", "model"
    )
