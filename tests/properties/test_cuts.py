"""A month's usage costs the same however it came: whole, in pieces, with an allowance before it."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.catalog import Accumulator, Catalog, Price
from streams.model.instant import HOUR
from streams.model.money import Quantity
from streams.model.usage import Usage, UsageRecord, record_id_of
from streams.state import Table
from tests.properties.worlds import (
    START,
    TENANT,
    World,
    catalogs,
    graduated_prices,
    quantities,
)

ROUNDING = "rounding"


@st.composite
def graduated_catalogs(draw: Any) -> Catalog:
    """Tiers over the month's total of one unit, with allowances before them.

    None is taxed: such a one pays what has been rounded, record by record.
    """
    catalog = draw(catalogs())
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    offer = replace(offer, prices=(Price(price=draw(graduated_prices())),), time_unit="")
    plan = replace(plan, offers=(offer,), fees=(), overrun="receivable")
    month = Accumulator(id="monthly", usage_units=("u",))
    allowances = tuple(replace(each, taxed=False) for each in catalog.allowances)
    return replace(catalog, price_plans=(plan,), accumulators=(month,), allowances=allowances)


def used(pieces: list[Quantity]) -> list[UsageRecord]:
    """One record an hour of the first of a month."""
    return [
        UsageRecord(
            record_id_of(tenant=TENANT, source="s", event_id=str(number), part=0),
            TENANT,
            "s",
            str(number),
            0,
            number,
            0,
            "x",
            "k-a1",
            "a1",
            START + (number + 2) * HOUR,
            START + (number + 2) * HOUR,
            (Usage("u", piece),),
            {},
        )
        for number, piece in enumerate(pieces)
    ]


def costs(catalog: Catalog, pieces: list[Quantity]) -> tuple[Decimal, int, Any]:
    """What the pieces cost before rounding, in how many lines; what is left and counted then."""
    world = World(catalog, wallet=Decimal(10**9))
    world.charge(used(pieces))
    assert len(world.effects.rated) == len(pieces)
    lines = [line for rated in world.effects.rated for line in rated.lines if line.rule != ROUNDING]
    (held,) = [
        balances
        for key, balances in world.state.table(Table.BALANCES).items()
        if key == f"{TENANT}\0a1".encode()
    ]
    left = [bucket.remaining for bucket in held.buckets if bucket.resource == "free"]
    counted = [total for _, _, _, total in world.totals("a1")]
    return sum((line.amount for line in lines), Decimal(0)), len(lines), (left, counted)


@settings(max_examples=60, deadline=None)
@given(catalog=graduated_catalogs(), pieces=st.lists(quantities, min_size=2, max_size=10))
def test_graduated_usage_costs_the_same_whole_and_in_pieces(
    catalog: Catalog, pieces: list[Quantity]
) -> None:
    whole, few, held_whole = costs(catalog, [sum(pieces)])
    cut, many, held_cut = costs(catalog, pieces)
    assert held_cut == held_whole
    assert abs(cut - whole) <= Decimal("1e-12") * (few + many)
    (offer,) = catalog.price_plans[0].offers
    if offer.prices[0].price.per in (1, 100):  # type: ignore[union-attr]
        assert cut == whole
