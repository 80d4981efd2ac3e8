"""Prices of a period: the same however its usage was cut into records, and given back whole."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.money import Quantity
from streams.model.prices import (
    Blocks,
    BlockTier,
    Composite,
    Dynamic,
    Graduated,
    GraduatedPercentage,
    Package,
    PercentTier,
    PriceKind,
    Stair,
    Stairstep,
    ThresholdLevel,
    ThresholdPrice,
    Tier,
    Volume,
)
from streams.model.trade_prices import Beat, RateSlot, TelecomRate
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label, UnitPrice

AMOUNTS = st.decimals(0, 100, places=4)
SIZES = st.integers(1, 40).map(Decimal)
QUANTITIES = st.one_of(
    st.integers(0, 90), st.decimals(0, 90, places=3, allow_nan=False, allow_infinity=False)
)
REFERENCE = "monthly"


@st.composite
def ends(draw: Any) -> list[Decimal | None]:
    """Ends of tiers, in rising order, the last one open or not."""
    found = sorted(draw(st.sets(st.integers(1, 120), min_size=1, max_size=4)))
    last: list[Decimal | None] = [None] if draw(st.booleans()) else []
    return [*map(Decimal, found), *last]


def tiers(draw: Any) -> tuple[Tier, ...]:
    return tuple(Tier(end, draw(AMOUNTS), draw(AMOUNTS)) for end in draw(ends()))


@st.composite
def cumulative_kinds(draw: Any) -> PriceKind:
    """A kind whose charge of a period is a function of its total."""
    words = {"unit": "u", "reference": REFERENCE}
    made: list[PriceKind] = [
        Package(
            size=draw(SIZES),
            amount=draw(AMOUNTS),
            free_units=draw(st.integers(0, 50).map(Decimal)),
            rounding=draw(st.sampled_from(["up", "down", "half_up"])),
            **words,
        ),
        Graduated(tiers=tiers(draw), **words),
        Volume(tiers=tiers(draw), beyond="free", **words),
        Stairstep(
            tiers=tuple(Stair(end, draw(AMOUNTS)) for end in draw(ends())),
            mode=draw(st.sampled_from(["cumulative", "replace"])),
            **words,
        ),
        Blocks(
            tiers=(BlockTier(draw(SIZES), draw(AMOUNTS), 3), BlockTier(draw(SIZES), draw(AMOUNTS))),
            policy=draw(st.sampled_from(["all_tiers", "top_tier"])),
            **words,
        ),
        GraduatedPercentage(
            tiers=tuple(PercentTier(end, draw(AMOUNTS), draw(AMOUNTS)) for end in draw(ends())),
            **words,
        ),
        ThresholdPrice(
            levels=(
                ThresholdLevel(Decimal(5), True, draw(AMOUNTS)),
                ThresholdLevel(Decimal(60), False, draw(AMOUNTS)),
            ),
            per_started=draw(st.sampled_from([Decimal(0), Decimal(7)])),
            **words,
        ),
        Beat(beat_s=draw(SIZES), amount_per_beat=draw(AMOUNTS), max_s=Decimal(200), **words),
    ]
    kind = draw(st.sampled_from(made))
    return Composite(parts=(kind, Dynamic(unit="u"))) if draw(st.booleans()) else kind


def compiled(kind: PriceKind) -> UnitPrice:
    (price,) = compile_kind(kind, Label("p"))
    assert not isinstance(price, Binder)
    return price


def charge(price: UnitPrice, quantity: Quantity, used: Quantity) -> Decimal:
    return sum((line.amount for line in price.lines(quantity, used)), Decimal(0))


@given(cumulative_kinds(), st.lists(QUANTITIES.filter(bool), min_size=1, max_size=6))
@settings(max_examples=400)
def test_a_period_costs_the_same_however_it_was_cut(kind: PriceKind, parts: list[Quantity]) -> None:
    price = compiled(kind)
    used: Quantity = 0
    total = Decimal(0)
    for part in parts:
        total += charge(price, part, used)
        used += part
    # A graduated tier is rounded line by line, to twelve digits.
    assert abs(total - charge(price, used, 0)) <= Decimal("1e-11")


@given(cumulative_kinds(), QUANTITIES.filter(bool), QUANTITIES)
@settings(max_examples=300)
def test_what_is_taken_back_gives_back_what_it_cost(
    kind: PriceKind, quantity: Quantity, used: Quantity
) -> None:
    price = compiled(kind)
    assert charge(price, -quantity, used + quantity) == -charge(price, quantity, used)


@given(cumulative_kinds(), QUANTITIES, QUANTITIES, st.integers(0, 100))
@settings(max_examples=400)
def test_within_its_room_more_use_before_makes_no_difference(
    kind: PriceKind, quantity: Quantity, used: Quantity, percent: int
) -> None:
    price = compiled(kind)
    room = min(price.room(quantity, used), 1_000)
    further = used + (room * percent / 100 if isinstance(room, Decimal) else room * percent // 100)
    assert price.lines(quantity, further) == price.lines(quantity, used)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(1, 60))
def test_the_room_of_a_tier_ends_where_the_tier_does(tier: int, used: int, quantity: int) -> None:
    tiers = (Tier(Decimal(tier), Decimal(2)), Tier(None, Decimal(1)))
    price = compiled(Graduated(unit="u", tiers=tiers, reference=REFERENCE))
    room = price.room(quantity, used)
    if used >= tier:
        assert room == Decimal("Infinity")
    else:
        assert room == max(0, tier - used - quantity)


@given(cumulative_kinds(), QUANTITIES.filter(bool), QUANTITIES)
def test_lines_tell_the_whole_quantity_at_a_line_s_scale(
    kind: PriceKind, quantity: Quantity, used: Quantity
) -> None:
    lines = compiled(kind).lines(quantity, used)
    by_price: dict[str, Quantity] = {}
    for line in lines:
        assert line.amount.as_tuple().exponent == -12
        by_price[line.price] = by_price.get(line.price, 0) + line.quantity
    assert all(told == quantity for told in by_price.values())


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=5),
    st.sampled_from([1, 6, 20, 60]),
    AMOUNTS,
)
def test_a_call_costs_the_same_in_parts(parts: list[int], increment: int, fee: Decimal) -> None:
    slots = (
        RateSlot(0, Decimal("1.7"), Decimal(60), increment),
        RateSlot(120, Decimal("0.9"), Decimal(60), 1),
    )
    price = compiled(TelecomRate(unit="u", slots=slots, connect_fee=fee))
    used, total = 0, Decimal(0)
    for part in parts:
        total += charge(price, part, used)
        used += part
    assert total == charge(price, used, 0)
