"""The distance of a usage: an attribute or a leaf, once, rounded to the metre."""

from decimal import Decimal

import pytest

from streams.enrich.distance import compile_distance
from streams.model.event import UsageEvent
from streams.model.mediation import DistanceRule
from streams.model.usage import Usage
from streams.outcome import Reject
from streams.position import Position


def measure(start: Position, end: Position) -> Decimal:
    """A plane: good enough to see which end is which."""
    return (end.latitude - start.latitude) * 100 + (end.longitude - start.longitude)


def event(**attributes: str) -> UsageEvent:
    return UsageEvent({}, "s", "e", "x", 0, 0, (Usage("s", 60),), attributes)


def test_one_attribute_an_end_and_the_distance_as_an_attribute() -> None:
    enrich = compile_distance(
        DistanceRule(origin=("a",), destination=("b",), attribute="km"), measure
    )
    found = event(a="1,2", b="3,4.00049")
    assert enrich(found) is None
    assert found.attributes["km"] == "202.000"
    assert found.usages == (Usage("s", 60),)


def test_two_attributes_an_end_and_the_distance_as_a_leaf() -> None:
    rule = DistanceRule(origin=("alat", "alon"), destination=("blat", "blon"), unit="km")
    found = event(alat="1", alon="2", blat="3", blon="4.00051")
    assert compile_distance(rule, measure)(found) is None
    assert found.usages == (Usage("s", 60), Usage("km", Decimal("202.001")))
    assert "km" not in found.attributes


@pytest.mark.parametrize("ends", [{"a": "1,2"}, {"b": "1,2"}, {"a": "91,0", "b": "0,0"}])
def test_without_a_position_there_is_no_distance(ends: dict[str, str]) -> None:
    rule = DistanceRule(origin=("a",), destination=("b",), attribute="km")
    found = event(**ends)
    assert compile_distance(rule, measure)(found) is None
    assert "km" not in found.attributes


def test_or_the_record_is_rejected_where_the_rule_says_so() -> None:
    rule = DistanceRule(origin=("a",), destination=("b",), attribute="km", missing="reject")
    refused = compile_distance(rule, measure)(event(a="1,2", b="91,0"))
    assert isinstance(refused, Reject)
    assert refused.detail == "b is '91,0', expected latitude,longitude in degrees"
