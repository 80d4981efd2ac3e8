"""Charging sessions: parts of a dimension, restrictions at their ends, bounds."""

from decimal import Decimal

import pytest

from streams.model.price import Range
from streams.model.prices import Composite, Flat
from streams.model.trade_prices import Ev, EvComponent, EvWhen
from streams.rate.prices.ev import EvPrice
from streams.rate.prices.price import Label
from tests.streams.rate.prices.asked import MONDAY_0930, Asked, d, priced, total

MINUTE = 60_000_000
MEASURED = {"energy": "kwh", "time": "charging", "parking": "parking"}


def session(*components: EvComponent, **bounds: Decimal) -> Ev:
    return Ev(measured_in=MEASURED, hour=d("60"), components=components, **bounds)  # type: ignore[arg-type]


def of_time(when: EvWhen) -> Ev:
    return session(EvComponent(dimension="time", amount=d("60"), when=when))


def test_parts_of_a_dimension_pay_the_steps_that_they_begin() -> None:
    component = EvComponent(dimension="time", amount=d("1"), step=d("15"), tax_class="parking")
    price = EvPrice(session(component), Label("p#1")).bind(Asked({"charging": 35}))["charging"]
    lines = [
        line for used, part in ((0, 10), (10, 10), (20, 15)) for line in price.lines(part, used)
    ]
    assert [(line.quantity, line.amount) for line in lines] == [
        (15, d("0.25")),
        (15, d("0.25")),
        (15, d("0.25")),
    ]
    assert {line.unit_amount for line in lines} == {d("0.016666666667")}
    assert lines[0].detail == {"dimension": "time", "tax_class": "parking"}


def test_the_flat_component_has_no_quantity_and_comes_once() -> None:
    kind = session(
        EvComponent(dimension="flat", amount=d("2")), EvComponent(dimension="energy", amount=d("1"))
    )
    flat, energy = priced(kind, Asked({"kwh": 3}))
    assert (flat.quantity, flat.amount, energy.quantity, energy.amount) == (0, 2, 3, 3)
    assert flat.detail == {"dimension": "flat"}


@pytest.mark.parametrize(
    ("units", "costs"),
    [
        ({"charging": 60, "parking": 0}, 60), ({"charging": 59, "parking": 1}, 59),
        ({"charging": 59, "parking": 0}, 0), ({"charging": 59}, 0), ({"charging": 60}, 60),
    ],
)  # fmt: skip
def test_a_session_lasts_while_it_charges_and_while_it_parks(
    units: dict[str, int], costs: int
) -> None:
    kind = of_time(EvWhen(duration=Range(d("60"))))
    assert total(kind, Asked(dict(units))) == costs


def test_a_session_that_only_parks_lasts_as_long_as_it_parks() -> None:
    long = EvWhen(duration=Range(d("60")))
    kind = session(EvComponent(dimension="parking", amount=d("60"), when=long))
    assert total(kind, Asked({"parking": 59})) == 0
    assert total(kind, Asked({"parking": 60})) == 60


def test_a_session_without_energy_has_none() -> None:
    kind = of_time(EvWhen(energy=Range(d("1"))))
    assert total(kind, Asked({"charging": 5})) == 0
    assert total(kind, Asked({"charging": 5, "kwh": 1})) == 5


@pytest.mark.parametrize(("minutes", "costs"), [(-1, 0), (0, 5), (59, 5), (60, 0)])
def test_parking_begins_where_charging_ends(minutes: int, costs: int) -> None:
    at_nine = EvWhen(start=9 * 60, end=10 * 60)
    kind = session(EvComponent(dimension="parking", amount=d("60"), when=at_nine))
    at = MONDAY_0930 + (minutes - 30) * MINUTE
    assert total(kind, Asked({"parking": 5}, at=at)) == costs
    assert total(kind, Asked({"charging": 40, "parking": 5}, at=at - 40 * MINUTE)) == costs


@pytest.mark.parametrize(("minutes", "costs"), [(-1, 0), (0, 5), (24 * 60 - 1, 5), (24 * 60, 0)])
def test_a_window_that_ends_where_it_begins_is_a_day_long(minutes: int, costs: int) -> None:
    kind = of_time(EvWhen(weekdays=("mon",), start=570, end=570))
    assert total(kind, Asked({"charging": 5}, at=MONDAY_0930 + minutes * MINUTE)) == costs


ENERGY = EvComponent(dimension="energy", amount=d("1"))


@pytest.mark.parametrize(
    ("bounds", "kwh", "costs"),
    [
        ({"minimum": "2"}, 1, "2"), ({"minimum": "2"}, 3, "3"),
        ({"maximum": "2"}, 1, "1"), ({"maximum": "2"}, 3, "2"), ({}, 3, "3"),
    ],
)  # fmt: skip
def test_either_bound_stands_alone(bounds: dict[str, str], kwh: int, costs: str) -> None:
    kind = session(ENERGY, **{name: d(bound) for name, bound in bounds.items()})
    assert total(kind, Asked({"kwh": kwh})) == d(costs)


def test_a_bound_makes_a_line_without_a_quantity_only_where_it_changes_the_amount() -> None:
    kind = session(ENERGY, minimum=d("2"), maximum=d("2"))
    assert [line.amount for line in priced(kind, Asked({"kwh": 2}))] == [2]
    for kwh, part, difference in ((1, "minimum", 1), (3, "maximum", -1)):
        _, line = priced(kind, Asked({"kwh": kwh}))
        assert (line.quantity, line.unit_amount, line.amount) == (0, difference, difference)
        assert line.detail == {"part": part}


def test_bounds_hold_the_session_not_what_else_the_record_pays() -> None:
    kind = Composite(parts=(Flat(units=("kwh",), amount=d("3")), session(ENERGY, minimum=d("2"))))
    assert total(kind, Asked({"kwh": 1})) == 5


def test_a_minimum_of_nothing_priced_stands_on_the_first_unit() -> None:
    (line,) = priced(session(minimum=d("5")), Asked({"parking": 30}))
    assert (line.unit, line.quantity, line.amount) == ("kwh", 0, 5)
