"""Parts of one price, each measured on its own reference."""

import pytest

from streams.model.catalog import PerUnit
from streams.model.money import Quantity
from streams.model.prices import Composite, Dynamic, Flat, Graduated, Tier, Volume
from streams.model.trade_prices import CallRounding, RateSlot, TelecomRate
from streams.outcome import Reject
from streams.rate.prices.composite import CompositePrice, MixedPrice, SumPrice
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Label
from tests.streams.rate.prices.asked import Asked, d, of, priced, total

FEE = Flat(units=("u",), amount=d("7"))
TO_TEN = Volume(unit="u", tiers=(Tier(d("10"), d("1")),))
TO_TWENTY_A_MONTH = Graduated(
    unit="u", tiers=(Tier(d("20"), d("1"), d("3")),), reference="month", beyond="refuse"
)
CHEAPER_PAST_TEN = Graduated(
    unit="u", tiers=(Tier(d("10"), d("2")), Tier(None, d("1"))), reference="month"
)
TO_FIFTEEN_A_YEAR = Graduated(
    unit="u", tiers=(Tier(d("15"), d("1")),), reference="year", beyond="refuse"
)


def mixed(*parts: object, charges_zero: bool = False) -> MixedPrice:
    kind = Composite(parts=parts)  # type: ignore[arg-type]
    (price,) = compile_kind(kind, Label("p#1", {}, charges_zero))
    assert isinstance(price, MixedPrice)
    return price


@pytest.mark.parametrize(
    ("used", "before", "limit"),
    [(0, 0, 10), (9, 0, 10), (10, 0, 10), (11, 0, 9), (15, 0, 5), (15, 4, 9), (20, 0, 0)],
)
def test_it_ends_where_the_first_of_its_parts_ends(used: int, before: int, limit: int) -> None:
    price = mixed(TO_TEN, TO_TWENTY_A_MONTH).at(of(1, used), before)
    assert price.limit == limit


def test_the_order_of_parts_does_not_say_which_ends_first() -> None:
    asked = Asked({"u": 1}, used={"month": 18, "year": 14})
    assert mixed(TO_TWENTY_A_MONTH, TO_FIFTEEN_A_YEAR).at(asked, 0).limit == 1
    assert mixed(TO_FIFTEEN_A_YEAR, TO_TWENTY_A_MONTH).at(asked, 0).limit == 1


def test_a_later_part_of_a_leaf_goes_on_where_the_month_stands() -> None:
    """Of the month's 12 units this record has added 4 already, in another time band."""
    price = mixed(TO_TEN, CHEAPER_PAST_TEN).at(of(2, 10), 4)
    volume, graduated = price.lines(2, 4)
    assert (volume.amount, graduated.amount) == (2, 2)


@pytest.mark.parametrize(
    ("used", "before", "due"),
    [({}, 0, [7, 3]), ({"month": 0}, 0, [7]), ({}, 4, [3]), ({"month": 4}, 4, [])],
)
def test_each_part_opens_with_its_own_reference(
    used: dict[str, Quantity], before: int, due: list[int]
) -> None:
    price = mixed(FEE, TO_TWENTY_A_MONTH, charges_zero=True).at(Asked({"u": 0}, used=used), before)
    assert [line.amount for line in price.opening] == due


@pytest.mark.parametrize("at", [0, 1])
def test_the_part_that_is_rounded_as_a_call_may_stand_anywhere(at: int) -> None:
    call = TelecomRate(
        unit="u", slots=(RateSlot(0, d("1"), d("60"), 1),), rounding=CallRounding("up", 0)
    )
    parts = [PerUnit(amounts={"u": d("0.1")})]
    kind = Composite(parts=(*parts[:at], call, *parts[at:]))
    assert total(kind, of(61)) == d("8.1")
    assert sum(line.detail.get("part") == "rounding" for line in priced(kind, of(61))) == 1


def test_a_part_that_cannot_read_the_record_refuses_it() -> None:
    kind = Composite(parts=(FEE, Dynamic(unit="u", cost="cost")))
    (price,) = compile_kind(kind, Label("p#1"))
    assert isinstance(price, CompositePrice)
    assert isinstance(price.bind(of(1)), Reject)
    assert total(kind, Asked({"u": 1}, {"cost": "5"})) == 12


def test_a_unit_that_one_part_names_is_priced_by_it_alone() -> None:
    kind = Composite(parts=(FEE, PerUnit(amounts={"u": d("1"), "v": d("2")})))
    assert total(kind, Asked({"v": 3})) == 6
    assert total(kind, Asked({"u": 3})) == 10
    asking = Composite(parts=(Dynamic(unit="u", cost="cost"), PerUnit(amounts={"v": d("2")})))
    assert total(asking, Asked({"v": 3}, {"cost": "5"})) == 6


def test_parts_on_one_reference_are_one_price_on_it() -> None:
    kind = Composite(parts=(FEE, CHEAPER_PAST_TEN, TO_TWENTY_A_MONTH))
    (price,) = compile_kind(kind, Label("p#1"))
    assert isinstance(price, MixedPrice), "a flat fee is measured on the record"
    kind = Composite(parts=(PerUnit(amounts={"u": d("1")}), CHEAPER_PAST_TEN, TO_TWENTY_A_MONTH))
    (summed,) = compile_kind(kind, Label("p#1"))
    assert isinstance(summed, SumPrice)
    assert (summed.reference, summed.limit) == ("month", 20)
    assert [line.amount for line in summed.lines(2, 9)] == [2, 2, 1, 2]


def test_the_cost_of_one_unit_is_shared_by_that_unit_alone() -> None:
    kind = Dynamic(unit="u", cost="cost")
    (price,) = compile_kind(kind, Label("p#1"))
    bound = price.bind(Asked({"u": 2, "v": 3}, {"cost": "10"}))  # type: ignore[union-attr]
    (line,) = bound["u"].lines(1, 0)
    assert (line.amount, line.unit_amount) == (5, 5)


def test_a_cost_without_any_units_is_due_at_once() -> None:
    (line,) = priced(Dynamic(unit="u", cost="cost"), Asked({"u": 0}, {"cost": "10"}))
    assert (line.quantity, line.unit_amount, line.amount) == (0, 10, 10)
