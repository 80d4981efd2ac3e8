"""A period costs what its highest, or its last, quantity costs, by group, however it got there."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.catalog import (
    Accumulator,
    Catalog,
    CurrencyRule,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.instant import BEGINNING, DAY, HOUR, Instant
from streams.model.measure import Measure
from streams.model.prices import Graduated
from streams.model.usage import Usage, UsageRecord, record_id_of
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.price import Label, total_of
from tests.properties.worlds import START, TENANT, World, graduated_prices

QUICK = settings(max_examples=80, deadline=None)
Measured = tuple[int, int, str]
"""The day it was measured on, how much it was, and where."""

measured = st.lists(
    st.tuples(st.integers(0, 45), st.integers(0, 1500), st.sampled_from(["a", "b", "a/b"])),
    min_size=1,
    max_size=20,
)


def charged(made: list[Measured], price: Graduated, aggregate: Any) -> World:
    """Months of UTC: no zone moves a day."""
    offer = PriceOffer(
        id="o",
        usage_type="x",
        product="x",
        start=BEGINNING,
        prices=(Price(price=price),),
        measures=(Measure("u", reference="top", aggregate=aggregate),),
        impacts=("top",),
        zero_usage="charge",
    )
    catalog = Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=12, rounding="half_even"),),
        usage_types=(UsageType(id="x", units=("u",), attributes=("host",)),),
        accumulators=(Accumulator(id="top", usage_units=("u",), by=("host",)),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
    )
    world = World(catalog)
    for number, (day, quantity, host) in enumerate(made):
        at: Instant = START + day * DAY + 12 * HOUR
        event_id = f"e{number}"
        record_id = record_id_of(tenant=TENANT, source="s", event_id=event_id, part=0)
        where = (event_id, 0, number, 0, "x", "k-a1", "a1", at, at)
        usages = (Usage("u", quantity),)
        world.charge([UsageRecord(record_id, TENANT, "s", *where, usages, {"host": host})])
    return world


def cost_of(price: Graduated, groups: dict[tuple[bool, str], int]) -> Decimal:
    compiled = GraduatedPrice(price, Label("p"))
    return sum((total_of(compiled.lines(total, 0)) for total in groups.values()), Decimal(0))


@QUICK
@given(made=measured, price=graduated_prices(reference="top"))
def test_a_period_costs_its_highest_by_group(made: list[Measured], price: Graduated) -> None:
    groups: dict[tuple[bool, str], int] = {}
    for day, quantity, host in made:
        key = (day < 31, host)
        groups[key] = max(groups.get(key, 0), quantity)
    world = charged(made, price, "max")
    total = sum((charge.amount for charge in world.effects.rated), Decimal(0))
    opened = _opened(price, {key for key, quantity in groups.items() if not quantity})
    assert abs(total - cost_of(price, groups) - opened) < Decimal("1e-9")
    again = charged(made[::-1], price, "max")
    assert abs(sum(c.amount for c in again.effects.rated) - total) < Decimal("1e-9")


@QUICK
@given(made=measured, price=graduated_prices(reference="top"))
def test_a_period_costs_its_last_by_group(made: list[Measured], price: Graduated) -> None:
    groups = {(day < 31, host): quantity for day, quantity, host in made}
    world = charged(made, price, "latest")
    total = sum((charge.amount for charge in world.effects.rated), Decimal(0))
    opened = _opened(price, {key for key, quantity in groups.items() if not quantity})
    assert abs(total - cost_of(price, groups) - opened) < Decimal("1e-9")


def _opened(price: Graduated, empty: set[tuple[bool, str]]) -> Decimal:
    """A group that comes to nothing still owes what is due without usage."""
    return price.tiers[0].flat_amount * len(empty)
