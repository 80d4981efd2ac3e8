"""Every kind of price, on both sides of every boundary."""

from decimal import Decimal

import pytest

from streams.model.price import Range
from streams.model.prices import (
    Blocks,
    BlockTier,
    Capacity,
    CapacityTier,
    Composite,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    MatrixGroup,
    MatrixRow,
    Package,
    Percentage,
    PercentTier,
    PriceKind,
    Stair,
    Stairstep,
    ThresholdLevel,
    ThresholdPrice,
    Tier,
    Volume,
)
from tests.streams.rate.prices.asked import Asked, d, of, priced, total

FEES = (Tier(d("5"), d("0"), d("100")), Tier(d("10"), d("0"), d("50")),
        Tier(d("15"), d("10")), Tier(None, d("5")))  # fmt: skip
VOLUMES = (Tier(d("100"), d("2"), d("10")), Tier(d("200"), d("1")), Tier(None, d("0.5"), d("50")))
TWO_BLOCKS = (BlockTier(d("100"), d("1"), 10), BlockTier(d("1000"), d("1"), 100))
THREE_BLOCKS = (*TWO_BLOCKS, BlockTier(d("1000"), d("0.5"), 100))
LIMITS = (
    CapacityTier({"a": d("100"), "b": d("1000")}, d("10")),
    CapacityTier({"a": d("200"), "b": d("2000")}, d("20")),
    CapacityTier({}, d("30")),
)


def package(rounding: str = "up", free: str = "0", reference: str = "record") -> Package:
    return Package(unit="u", size=d("10"), amount=d("15"), free_units=d(free),
                   rounding=rounding, reference=reference)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "asked", "amount"),
    [
        (Flat(units=("u",), amount=d("0.5")), of(7), "0.5"),
        (package(), of(1), "15"),
        (package(), of(10), "15"),
        (package(), of(11), "30"),
        (package(), of("10.000001"), "30"),
        (package("down"), of(9), "0"),
        (package("down"), of(10), "15"),
        (package("half_up"), of("14.9"), "15"),
        (package("half_up"), of(15), "30"),
        (package("exact"), of(15), "22.5"),
        (package(free="200"), of(200), "0"),
        (package(free="200"), of(201), "15"),
        (package(free="5", rounding="exact"), of(5), "0"),
        (package(reference="month"), of(5, 17), "15"),
        (package(reference="month"), of(3, 17), "0"),
        (package(reference="month"), of(4, 17), "15"),
        (Graduated(unit="u", tiers=FEES), of(5), "100"),
        (Graduated(unit="u", tiers=FEES), of(7), "150"),
        (Graduated(unit="u", tiers=FEES), of(22), "235"),
        (Graduated(unit="u", tiers=(Tier(d("10"), d("500")),)), of(15), "5000"),
        (Volume(unit="u", tiers=VOLUMES), of(1), "12"),
        (Volume(unit="u", tiers=VOLUMES), of(100), "210"),
        (Volume(unit="u", tiers=VOLUMES), of(101), "101"),
        (Volume(unit="u", tiers=VOLUMES), of(200), "200"),
        (Volume(unit="u", tiers=VOLUMES), of(300), "200"),
        (Volume(unit="u", tiers=VOLUMES, reference="month"), of(1, 100), "-109"),
        (Volume(unit="u", tiers=VOLUMES, reference="month", mode="prospective"), of(1, 100), "1"),
        (Volume(unit="u", tiers=VOLUMES, reference="month", mode="prospective"), of(1, 99), "2"),
        (Volume(unit="u", tiers=VOLUMES, reference="month", mode="prospective"), of(2, 200), "51"),
        (Volume(unit="u", tiers=VOLUMES, reference="month", mode="prospective"), of(2, 201), "1"),
        (Volume(unit="u", tiers=(Tier(d("10"), d("5")),), beyond="free"), of(12), "50"),
        (Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers"), of(1000), "10"),
        (Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers"), of(1001), "11"),
        (Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers"), of(5325), "15"),
        (Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers"), of(101_001), "111"),
        (Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers", beyond="free"), of(101_001), "110"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier"), of(1000), "10"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier"), of(1001), "2"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier"), of(101_000), "101"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier"), of(101_001), "51"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier"), of(300_000), "150"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier", beyond="free"), of(300_000),
         "100.5"),
        (Blocks(unit="u", tiers=THREE_BLOCKS, policy="top_tier", reference="month"), of(1, 1000),
         "-8"),
        (Dynamic(unit="u", multiplier=d("1.33333")), of(50), "66.6665"),
        (Dynamic(unit="u", cost="cost", multiplier=d("2")),
         Asked({"u": 20}, {"cost": "0.402"}), "0.804"),
        (Percentage(unit="u", rate_percent=d("2.9")), of(4), "0.116"),
    ],
)  # fmt: skip
def test_amounts(kind: PriceKind, asked: Asked, amount: str) -> None:
    assert total(kind, asked) == Decimal(amount)


@pytest.mark.parametrize(
    ("mode", "quantity", "amount"),
    [
        ("cumulative", 1, "100"), ("cumulative", 10, "100"), ("cumulative", 11, "180"),
        ("cumulative", 20, "180"), ("cumulative", 21, "180"),
        ("replace", 10, "100"), ("replace", 11, "80"), ("replace", 21, "80"),
    ],
)  # fmt: skip
def test_stairs(mode: str, quantity: int, amount: str) -> None:
    stairs = (Stair(d("10"), d("100")), Stair(d("20"), d("80")))
    assert total(Stairstep(unit="u", tiers=stairs, mode=mode), of(quantity)) == Decimal(amount)


@pytest.mark.parametrize(
    ("kind", "before", "at_zero", "then"),
    [
        (Graduated(unit="u", tiers=FEES), 0, "100", "100"),
        (Graduated(unit="u", tiers=FEES, reference="month"), 0, "100", "100"),
        (Volume(unit="u", tiers=VOLUMES, reference="month"), 0, "10", "12"),
        (Volume(unit="u", tiers=VOLUMES, reference="month", mode="prospective"), 0, "10", "12"),
        (Flat(units=("u",), amount=d("3")), 0, "3", "3"),
    ],
)
def test_what_is_due_at_zero_usage_is_due_once(
    kind: PriceKind, before: int, at_zero: str, then: str
) -> None:
    assert total(kind, of(before), charges_zero=True) == Decimal(at_zero)
    assert total(kind, of(1), charges_zero=True) == Decimal(then)
    assert total(kind, of(1)) == Decimal(then)
    assert total(kind, of(0)) == 0
    if getattr(kind, "reference", "") == "month":
        opened = Asked({"u": 1}, used={"month": 0})
        assert total(kind, opened, charges_zero=True) == Decimal(then) - Decimal(at_zero)


@pytest.mark.parametrize(
    ("quantity", "covered"), [(10, True), (11, False)]
)  # fmt: skip
def test_quantity_past_a_last_tier_that_ends_has_no_price(quantity: int, covered: bool) -> None:
    kind = Volume(unit="u", tiers=(Tier(d("10"), d("500")),))
    if covered:
        assert total(kind, of(quantity)) == 5000
    else:
        with pytest.raises(AssertionError, match="not covered"):
            total(kind, of(quantity))


@pytest.mark.parametrize(
    ("units", "amount"),
    [
        ({"a": 100, "b": 1000}, "10"), ({"a": 100, "b": 1001}, "20"), ({"a": 101}, "20"),
        ({"b": 2001, "a": 10}, "30"), ({"a": 200, "b": 2000}, "20"),
    ],
)  # fmt: skip
def test_capacity(units: dict[str, int], amount: str) -> None:
    kind = Capacity(units=("a", "b"), tiers=LIMITS)
    lines = priced(kind, Asked(dict(units)))
    assert [(line.rule, line.unit, line.amount) for line in lines] == [
        ("capacity", next(iter(units)), Decimal(amount))
    ]


@pytest.mark.parametrize(("used", "amount"), [(50, "0"), (99, "0"), (100, "10"), (200, "10")])
def test_capacity_of_a_period_charges_the_difference(used: int, amount: str) -> None:
    kind = Capacity(units=("a", "b"), tiers=LIMITS, references={"a": "month"})
    assert total(kind, Asked({"a": 1}, used={"month": used})) == Decimal(amount)


EVENTS = Percentage(unit="u", rate_percent=d("2.99"), min_per_event=d("1.75"),
                    max_per_event=d("12"))  # fmt: skip
FREE = Percentage(unit="u", rate_percent=d("2.99"), min_per_event=d("1.75"),
                  max_per_event=d("12"), free_events=3, free_amount=d("10000"),
                  events="n", amounts="sum")  # fmt: skip
FIXED = Percentage(unit="u", rate_percent=d("1.3"), fixed_amount=d("2"), free_events=3, events="n")


@pytest.mark.parametrize(
    ("kind", "amount", "events", "amounts", "costs"),
    [
        (EVENTS, 10, 0, 0, "1.75"), (EVENTS, 80, 0, 0, "2.392"), (EVENTS, 10000, 0, 0, "12"),
        (FREE, 10, 0, 0, "0"), (FREE, 80, 1, 10, "0"), (FREE, 10000, 2, 90, "2.691"),
        (FREE, 9910, 2, 90, "0"), (FREE, 9911, 2, 90, "1.75"), (FREE, 1, 3, 5, "1.75"),
        (FIXED, 250, 2, 150, "0"), (FIXED, 400, 3, 400, "7.2"),
    ],
)  # fmt: skip
def test_percentage(kind: Percentage, amount: int, events: int, amounts: int, costs: str) -> None:
    asked = Asked({"u": amount}, used={"n": events, "sum": amounts})
    assert total(kind, asked) == Decimal(costs)


@pytest.mark.parametrize(("amount", "costs"), [("10", "200.1"), ("12", "500.14"), ("21", "900.33")])
def test_graduated_percentage(amount: str, costs: str) -> None:
    tiers = (PercentTier(d("10"), d("1"), d("200")), PercentTier(d("20"), d("2"), d("300")),
             PercentTier(None, d("3"), d("400")))  # fmt: skip
    kind = GraduatedPercentage(unit="u", tiers=tiers)
    assert total(kind, of(amount)) == Decimal(costs)
    assert total(kind, of(0), charges_zero=True) == 200


LEVELS = (ThresholdLevel(d("1"), True, d("0.1")), ThresholdLevel(d("2"), True, d("0.15")))
WHOLE = (ThresholdLevel(d("0"), False, d("1")), ThresholdLevel(d("60"), False, d("0.1")))


@pytest.mark.parametrize(
    ("kind", "quantity", "costs"),
    [
        (ThresholdPrice(unit="u", levels=LEVELS), "0.9", "0"),
        (ThresholdPrice(unit="u", levels=LEVELS), "1", "0.1"),
        (ThresholdPrice(unit="u", levels=LEVELS), "1.9", "0.1"),
        (ThresholdPrice(unit="u", levels=LEVELS), "2", "0.15"),
        (ThresholdPrice(unit="u", levels=WHOLE, per_started=d("60")), "60", "1"),
        (ThresholdPrice(unit="u", levels=WHOLE, per_started=d("60")), "61", "0.2"),
        (ThresholdPrice(unit="u", levels=WHOLE, per_started=d("60"), end=d("120")), "500", "0.2"),
        (ThresholdPrice(unit="u", levels=(ThresholdLevel(d("98"), True, d("-25")),)), "98", "-25"),
    ],
)
def test_threshold(kind: ThresholdPrice, quantity: str, costs: str) -> None:
    assert total(kind, of(quantity)) == Decimal(costs)


MATRIX = Matrix(
    unit="u",
    groups=(
        MatrixGroup("kind", (
            MatrixRow(when={"qos": "high", "class": "UC1", "flex": "ABC"}, unit_amount=d("1")),
            MatrixRow(when={"qos": "medium", "class": "UC1"}, unit_amount=d("2")),
            MatrixRow(when={"qos": "high", "class": "UC2"}, unit_amount=d("3")),
            MatrixRow(unit_amount=d("4")),
        )),
        MatrixGroup("memory", (
            MatrixRow(ranges={"memory": Range(d("64"), d("512"))}, unit_amount=d("0.5")),
            MatrixRow(ranges={"memory": Range(d("512"))}, flat_amount=d("10")),
        )),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "costs"),
    [
        ({"qos": "high", "class": "UC1", "flex": "ABC"}, "2"),
        ({"qos": "high", "class": "UC2", "flex": "ABC"}, "6"),
        ({"qos": "high", "class": "UC5", "flex": "ABC"}, "8"),
        ({"qos": "low", "class": "UC3", "flex": "ABC"}, "8"),
        ({"memory": "63.9"}, "8"), ({"memory": "64"}, "9"), ({"memory": "511"}, "9"),
        ({"memory": "512"}, "18"), ({"memory": "big"}, "8"),
    ],
)  # fmt: skip
def test_matrix_takes_the_best_row_of_each_group(attributes: dict[str, str], costs: str) -> None:
    assert total(MATRIX, Asked({"u": 2}, attributes)) == Decimal(costs)


def test_composite_keeps_a_reference_for_each_part() -> None:
    kind = Composite(
        parts=(
            Flat(units=("u",), amount=d("0.5")),
            Graduated(unit="u", tiers=(Tier(d("10"), d("1")), Tier(None, d("2"))),
                      reference="month"),
            Package(unit="u", size=d("10"), amount=d("7")),
        )
    )  # fmt: skip
    lines = priced(kind, of(4, 8))
    assert [(line.rule, line.price, line.amount) for line in lines] == [
        ("flat", "p#1.1", d("0.5")),
        ("graduated", "p#1.2", d("2")),
        ("graduated", "p#1.2", d("4")),
        ("package", "p#1.3", d("7")),
    ]


def test_quantity_taken_back_gives_back_what_it_cost() -> None:
    for kind in (
        Graduated(unit="u", tiers=FEES, reference="month"),
        Volume(unit="u", tiers=VOLUMES, reference="month"),
        package(reference="month"),
        Blocks(unit="u", tiers=TWO_BLOCKS, policy="all_tiers", reference="month"),
    ):
        assert total(kind, of(8, 4)) == -total(kind, of(-8, 12))
