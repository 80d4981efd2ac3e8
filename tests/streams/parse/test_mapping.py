"""Mapping of identity, times, quantities and attributes."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from streams.mediate import Mediated, Refusal, compile_mediation
from streams.model.instant import SECOND
from streams.model.mediation import FieldMapping, Identity, QuantityField, SourcePlatform
from streams.model.usage import Usage
from tests.platforms import NOW, arrival

PLATFORM = SourcePlatform(
    id="meter",
    topic="usage",
    format="json",
    mapping=FieldMapping(
        usage_type="data",
        service_id="line",
        occurred_at="from",
        ended_at="to",
        quantities=(QuantityField(unit="bytes_up", field="up"), QuantityField(unit="sessions")),
        attributes={"cell": "cell", "roaming": "roaming"},
    ),
)
RECORD = {"line": "l-1", "from": "2026-11-22T11:00:00Z", "to": "2026-11-22T11:00:05Z", "up": 7}


def mediate(platform: SourcePlatform, **changes: Any) -> Mediated | Refusal:
    (plan,) = compile_mediation([platform], tenant="t", version="v").platforms
    return plan.mediate(RECORD | changes, arrival(offset=9, index=2))


def event(platform: SourcePlatform = PLATFORM, **changes: Any) -> Any:
    result = mediate(platform, **changes)
    assert isinstance(result, Mediated), result
    return result.event


def code(platform: SourcePlatform = PLATFORM, **changes: Any) -> str:
    result = mediate(platform, **changes)
    assert isinstance(result, Refusal), result
    return f"{result.outcome.reason}:{getattr(result.outcome, 'field', '')}"


def test_a_record_of_nothing_goes_on_where_nothing_is_charged_for() -> None:
    platform = replace(
        PLATFORM,
        mapping=replace(PLATFORM.mapping, quantities=PLATFORM.mapping.quantities[:1]),
    )
    assert code(platform, up=0) == "zero_usage:"
    (plan,) = compile_mediation(
        [platform],
        tenant="t",
        version="v",
        charges_zero=frozenset({platform.mapping.usage_type}),
    ).platforms
    mediated = plan.mediate(RECORD | {"up": 0}, arrival(offset=9, index=2))
    assert isinstance(mediated, Mediated)
    assert mediated.event.usages == (Usage("bytes_up", 0),)


def test_without_ids_a_record_is_known_by_its_place() -> None:
    assert (event().source, event().event_id) == ("meter", f"{'t' * 22}/0/9/2")


def test_several_id_fields_cannot_be_mistaken_for_others() -> None:
    keyed = replace(PLATFORM, identity=Identity(source_field="cell", id_fields=("a", "b")))
    first = event(keyed, cell="c", a="1/2", b="3")
    second = event(keyed, cell="c", a="1", b="2/3")
    assert (first.source, first.event_id) == ("c", "1%2F2/3")
    assert first.event_id != second.event_id


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"a": None}, "missing_field:a"),
        ({"b": []}, "wrong_type:b"),
        ({"cell": None}, "missing_field:cell"),
    ],
)
def test_identity_that_cannot_be_told_is_refused(changes: dict[str, Any], expected: str) -> None:
    keyed = replace(PLATFORM, identity=Identity(source_field="cell", id_fields=("a", "b")))
    assert code(keyed, **{"cell": "c", "a": "1", "b": 2} | changes) == expected


def test_quantities_constants_and_attributes() -> None:
    found = event(cell=17, roaming=True)
    assert found.usages == (Usage("bytes_up", 7), Usage("sessions", 1))
    assert found.attributes == {"cell": "17", "roaming": "true"}
    assert found.ended_at - found.occurred_at == 5 * SECOND


def test_absent_attributes_are_left_out_and_zero_amounts_too() -> None:
    found = event(up=0, cell="", roaming=None)
    assert found.attributes == {}
    assert found.usages == (Usage("sessions", 1),)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"to": "2026-11-22T10:59:59Z"}, "time_out_of_range:to"),
        ({"to": "2026-11-24T11:00:00Z"}, "time_out_of_range:to"),
        ({"to": None}, "missing_field:to"),
        ({"cell": {}}, "wrong_type:cell"),
        ({"cell": "x" * 257}, "wrong_type:cell"),
        ({"cell": 10**300}, "wrong_type:cell"),
        ({"up": -7}, "negative_quantity:up"),
    ],
)
def test_what_does_not_fit_names_its_field(changes: dict[str, Any], expected: str) -> None:
    assert code(**changes) == expected


@pytest.mark.parametrize(
    ("at", "accepted"),
    [
        ("2000-01-01T00:00:00Z", True),
        ("1999-12-31T23:59:59.999999Z", False),
        ("2026-11-23T12:00:00Z", True),
        ("2026-11-23T12:00:00.000001Z", False),
    ],
)
def test_times_are_taken_from_2000_up_to_a_day_after_arrival(at: str, accepted: bool) -> None:
    instant = replace(PLATFORM, mapping=replace(PLATFORM.mapping, ended_at=""))
    assert isinstance(mediate(instant, **{"from": at}), Mediated) == accepted
    assert arrival().recorded_at == NOW


def held(how: Any, **changes: Any) -> Any:
    platform = replace(
        PLATFORM,
        mapping=replace(PLATFORM.mapping, quantities=PLATFORM.mapping.quantities[:1]),
        format="csv" if isinstance(changes.get("up"), str) else "json",
    )
    (plan,) = compile_mediation(
        [platform],
        tenant="t",
        version="v",
        charges_zero=frozenset({"data"}) if how == "level" else frozenset(),
        held={"data": how},
    ).platforms
    return plan.mediate(RECORD | changes, arrival(offset=9, index=2))


@pytest.mark.parametrize(
    ("up", "quantity"),
    [
        (-7, -7),
        (7, 7),
        (Decimal("-0.5"), Decimal("-0.5")),
        (Decimal("-2.0"), -2),
        ("-7", -7),
        ("-0.25", Decimal("-0.25")),
        ("7", 7),
        (-(10**18), -(10**18)),
    ],
)
def test_a_change_of_held_units_may_take_away(up: Any, quantity: Any) -> None:
    found = held("change", up=up)
    assert isinstance(found, Mediated), found
    (usage,) = found.event.usages
    assert (usage.quantity, type(usage.quantity)) == (quantity, type(quantity))


@pytest.mark.parametrize("up", [-7, "-7", Decimal("-0.5")])
def test_a_level_of_held_units_is_not_negative(up: Any) -> None:
    found = held("level", up=up)
    assert isinstance(found, Refusal)
    assert found.outcome.reason == "negative_quantity"


@pytest.mark.parametrize("up", [-(10**18) - 1, Decimal("-1e30"), "--7", "-", Decimal("-NaN")])
def test_what_is_no_change_is_refused(up: Any) -> None:
    assert isinstance(held("change", up=up), Refusal)


def test_a_level_of_nothing_says_something() -> None:
    found = held("level", up=0)
    assert isinstance(found, Mediated), found
    assert found.event.usages == (Usage("bytes_up", 0),)
    assert isinstance(held("change", up=0), Refusal)
