"""Every price that goes by a total gives back what it took, line by line, wherever that began.

Over a period that is the last of the total; by the record, what a record of that much costs.
"""

import pytest

from streams.model.money import Quantity
from streams.model.price import RECORD
from streams.model.prices import (
    Blocks,
    BlockTier,
    Composite,
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
from streams.model.trade_prices import Beat, Ev, EvComponent, RateSlot, TelecomRate
from streams.rate.prices.evaluated import StartedPrice
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label, Lines, UnitPrice, taken_back, total_of
from tests.streams.rate.prices.asked import Asked, d, of

TIERS = (Tier(d("10"), d("3"), d("5")), Tier(d("20"), d("2"), d("7")), Tier(None, d("1"), d("11")))
BLOCKS = (BlockTier(d("4"), d("3"), 2), BlockTier(d("7"), d("5")))
KINDS: dict[str, PriceKind] = {
    "graduated": Graduated(unit="u", tiers=TIERS, reference="month"),
    "volume": Volume(unit="u", tiers=TIERS, reference="month"),
    "prospective": Volume(unit="u", tiers=TIERS, reference="month", mode="prospective"),
    "package": Package(unit="u", size=d("6"), amount=d("4"), free_units=d("3"), reference="month"),
    "exact package": Package(unit="u", size=d("6"), amount=d("4"), rounding="exact"),
    "all tiers": Blocks(unit="u", policy="all_tiers", tiers=BLOCKS),
    "top tier": Blocks(unit="u", policy="top_tier", tiers=BLOCKS),
    "stairs": Stairstep(
        unit="u", mode="replace", tiers=(Stair(d("10"), d("5")), Stair(None, d("8")))
    ),
    "levels": ThresholdPrice(
        unit="u",
        levels=(ThresholdLevel(d("3"), True, d("2")), ThresholdLevel(d("12"), False, d("9"))),
    ),
    "percentage": Percentage(unit="u", rate_percent=d("10"), fixed_amount=d("1")),
    "free amount": Percentage(unit="u", rate_percent=d("10"), free_amount=d("12"), amounts="sum"),
    "percent tiers": GraduatedPercentage(
        unit="u", tiers=(PercentTier(d("10"), d("10"), d("2")), PercentTier(None, d("20"), d("3")))
    ),
    "call": TelecomRate(
        unit="u", slots=(RateSlot(0, d("3"), d("6"), 6), RateSlot(12, d("2"), d("6"), 1)),
        connect_fee=d("4"),
    ),
    "beats": Beat(unit="u", beat_s=d("7"), amount_per_beat=d("2"), max_s=d("15")),
    "sum": Composite(
        parts=(
            Graduated(unit="u", tiers=TIERS),
            Package(unit="u", size=d("6"), amount=d("4")),
        )
    ),
    "rows": Matrix(
        unit="u", per=d("4"),
        groups=(MatrixGroup("", (MatrixRow(flat_amount=d("3"), unit_amount=d("2")),)),),
    ),
    "session": Ev(
        measured_in={"energy": "u"}, hour=d("60"),
        components=(
            EvComponent(dimension="flat", amount=d("2")),
            EvComponent(dimension="energy", amount=d("3"), step=d("5")),
        ),
    ),
}  # fmt: skip
NAMES = (*KINDS, "started")
CUTS: tuple[tuple[Quantity, Quantity], ...] = (
    (0, 1), (0, 10), (0, 11), (0, 12), (0, 13), (0, 30), (1, 1), (9, 1), (9, 2), (10, 1), (10, 10),
    (11, 1), (12, 1), (19, 2), (20, 1), (d("0.5"), d("0.5")), (d("9.5"), d("1.5")),
)  # fmt: skip


def compiled(name: str) -> UnitPrice:
    if name == "started":
        return StartedPrice("u", Label("p#1"), kind="blocks", size=6, amount=d("4"))
    kind = KINDS[name]
    (price,) = compile_kind(kind, Label("p#1"))
    if isinstance(price, Binder):
        bound = price.bind(of(1))
        assert isinstance(bound, dict)
        return bound["u"]
    return price


def amounts(lines: Lines) -> list[tuple[Quantity, Quantity]]:
    return sorted((line.quantity, line.amount) for line in lines)


@pytest.mark.parametrize(("used", "quantity"), CUTS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_taken_back_is_what_was_charged(
    name: str, used: Quantity, quantity: Quantity
) -> None:
    price = compiled(name)
    given = price.lines(quantity, used)
    back = price.lines(-quantity, -used if price.reference == RECORD else used + quantity)
    assert amounts(taken_back(given)) == amounts(back)
    assert total_of(given) + total_of(back) == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "prospective"])
def test_what_a_total_costs_is_what_its_parts_cost(name: str) -> None:
    price = compiled(name)
    whole = total_of(price.lines(30, 0))
    assert whole == sum(total_of(price.lines(1, used)) for used in range(30))
    assert whole == sum(total_of(price.lines(d("0.5"), d(used) / 2)) for used in range(60))


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_nothing_costs_nothing(name: str) -> None:
    price = compiled(name)
    assert total_of(price.lines(0, 12)) == 0


def test_beside_another_unit_a_chosen_tier_gives_its_flat_amount_back() -> None:
    (binder,) = compile_kind(
        Graduated(unit="u", tiers=TIERS, reference="month"),
        Label("p#1", evaluations=frozenset({"month"})),
    )
    assert isinstance(binder, Binder)
    for units, flat in (({"u": 2, "v": 1}, 5), ({"u": -2, "v": 1}, -5)):
        bound = binder.bind(Asked(units))
        assert isinstance(bound, dict)
        assert [line.amount for line in bound["u"].opening] == [flat]
