"""What a period costs and leaves of its allowances follows from the sum of its usage alone."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.expression import Field, Member
from streams.model.catalog import (
    Accumulator,
    Allowance,
    Catalog,
    Graduated,
    Grant,
    PerUnit,
    Price,
    ServiceType,
    UsageType,
)
from streams.model.discount import Discount
from streams.model.money import Quantity
from streams.model.rate_unit import RateUnit, RateUnitMap
from streams.state import Table
from tests.properties.test_cuts import ROUNDING, used
from tests.properties.worlds import TENANT, World, catalogs, graduated_prices, quantities

MEASURED = Member(Field("units"), "u")
pieces = st.lists(st.one_of(quantities, quantities.map(lambda each: -each)), min_size=1, max_size=8)


@st.composite
def covered(draw: Any) -> Catalog:
    """A price by the unit, or in tiers over the month, with allowances of units or of money."""
    catalog = draw(catalogs())
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    price = draw(
        st.one_of(
            st.just(PerUnit(amounts={"u": Decimal("0.25")})),
            graduated_prices().map(lambda each: replace(each, per=Decimal(1))),
        )
    )
    named = draw(st.sampled_from([(), ("free",), ("free", "more"), ("paid",), ("more", "paid")]))
    offer = replace(offer, prices=(Price(price=price),), time_unit="", impacts=(*named, "monthly"))
    grants = tuple(Grant(allowance=name, quantity=draw(quantities.map(Decimal))) for name in named)
    trial = Discount(id="trial", free_units=draw(quantities.map(Decimal)), units=("u",))
    plan = replace(plan, offers=(offer,), fees=(), overrun="receivable", grants=grants)
    return replace(
        catalog,
        price_plans=(plan,),
        discounts=draw(st.sampled_from([(), (trial,)])),
        accumulators=(Accumulator(id="monthly", usage_units=("u",)),),
        service_types=(ServiceType(id="counted"),),
        usage_types=(UsageType(id="x", units=("u",), service_type="counted"),),
        rate_units=(RateUnit(id="r", service_type="counted", unit="u", expression=MEASURED),),
        rate_unit_maps=(RateUnitMap(service_type="counted", rate_unit="r"),),
        allowances=(
            Allowance(id="free", unit="u", usage_units=("u",)),
            Allowance(id="more", unit="u", usage_units=("u",), priority=1),
            Allowance(id="paid", unit="CHF", usage_units=()),
        ),
    )


def come_to(catalog: Catalog, usage: list[Quantity]) -> tuple[Decimal, dict[str, Quantity]]:
    """What the usage costs before rounding, and what each allowance has given."""
    world = World(catalog, wallet=Decimal(10**9))
    world.charge(used(usage))
    assert world.effects.verdicts == [] or not any(usage)
    lines = [line for each in world.effects.rated for line in each.lines if line.rule != ROUNDING]
    held = world.state.get(Table.BALANCES, f"{TENANT}\0a1".encode())
    given_: dict[str, Quantity] = {}
    for bucket in () if held is None else held.buckets:
        if bucket.resource != "CHF" and bucket.remaining != bucket.granted:
            assert 0 <= bucket.remaining <= bucket.granted
            given_[bucket.resource] = bucket.granted - bucket.remaining
    return sum((line.amount for line in lines), Decimal(0)), given_


def never_below_zero(usage: list[Quantity]) -> list[Quantity]:
    """The same, but that no more is taken back than there is."""
    kept: list[Quantity] = []
    for each in usage:
        left = sum(kept)
        if left or each > 0:
            kept.append(max(each, -left))
    return kept


@settings(max_examples=100, deadline=None)
@given(catalog=covered(), usage=pieces)
def test_what_is_taken_back_leaves_what_its_sum_would(
    catalog: Catalog, usage: list[Quantity]
) -> None:
    if isinstance(catalog.price_plans[0].offers[0].prices[0].price, Graduated):
        # Where a total falls below zero, it says nothing of a tier's flat amount.
        usage = never_below_zero(usage)
    cost, left = come_to(catalog, usage)
    assert (cost, left) == come_to(catalog, [sum(usage)])
    assert come_to(catalog, [*usage, *(-each for each in reversed(usage))]) == (0, {})
