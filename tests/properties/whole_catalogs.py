"""Random whole catalogs: any kinds of price, zones, bands, measures, and all that money meets.

Every kind of price may be there for usage with or without an attribute, by record or by the
month's total, with discounts, allowances, taxes, shares, points, costs and fees around it.
"""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.catalog import Accumulator, Catalog, Price
from streams.model.cost_plus import CostPlus
from streams.model.measure import Measure
from streams.model.partner import RevenueShare
from streams.model.price import RECORD
from streams.model.prices import (
    Capacity,
    CapacityTier,
    Dynamic,
    Flat,
    Matrix,
    MatrixGroup,
    MatrixRow,
    Percentage,
    PriceKind,
)
from streams.model.sla import Sla, SlaBand
from streams.model.tax import Tax
from streams.model.trade_prices import CallRounding, Ev, EvComponent, RateSlot, TelecomRate
from streams.model.usage import UsageRecord
from streams.model.zone_unit import ZoneRow, ZoneUnit
from tests.properties.money_rules import rich_catalogs, small_percents
from tests.properties.test_prices import cumulative_kinds
from tests.properties.worlds import amounts, records

some_amount = st.none() | amounts


@st.composite
def _percentages(draw: Any) -> PriceKind:
    least, most = sorted([draw(amounts), draw(amounts)])
    return Percentage(
        unit="u",
        rate_percent=draw(small_percents),
        fixed_amount=draw(amounts),
        min_per_event=draw(st.sampled_from([None, least])),
        max_per_event=draw(st.sampled_from([None, most])),
        free_events=draw(st.none() | st.integers(0, 5)),
        free_amount=draw(some_amount),
        events="events",
        amounts="monthly",
    )


@st.composite
def _calls(draw: Any) -> PriceKind:
    return TelecomRate(
        unit="u",
        connect_fee=draw(amounts),
        slots=(
            RateSlot(0, draw(amounts), Decimal(60), draw(st.sampled_from([1, 6, 60]))),
            RateSlot(120, draw(amounts), Decimal(60), 1),
        ),
        max_cost=draw(some_amount),
        rounding=draw(st.none() | st.just(CallRounding("up", 2))),
    )


@st.composite
def _sessions(draw: Any) -> PriceKind:
    least, most = sorted([draw(amounts), draw(amounts)])
    return Ev(
        measured_in={"energy": "u", "time": "v"},
        components=(
            EvComponent(dimension="flat", amount=draw(amounts)),
            EvComponent(dimension="energy", amount=draw(amounts), step=Decimal(5)),
            EvComponent(dimension="time", amount=draw(amounts), tax_class="reduced"),
        ),
        minimum=draw(st.sampled_from([None, least])),
        maximum=draw(st.sampled_from([None, most])),
    )


@st.composite
def kinds(draw: Any, *, has_costs: bool) -> PriceKind:
    """Any kind of price for unit u, and v where it asks for two."""
    rows = (
        MatrixRow(when={"kind": "a"}, unit_amount=draw(amounts), flat_amount=draw(amounts)),
        MatrixRow(unit_amount=draw(amounts)),
    )
    tiers = (
        CapacityTier({"u": Decimal(100), "v": Decimal(50)}, draw(amounts)),
        CapacityTier({"u": Decimal(1_000_000), "v": Decimal(1_000_000)}, draw(amounts)),
    )
    made: list[PriceKind] = [
        draw(cumulative_kinds()),
        draw(_percentages()),
        draw(_calls()),
        draw(_sessions()),
        Flat(units=("u",), amount=draw(amounts)),
        Dynamic(unit="u", multiplier=draw(amounts), cost="cost"),
        Matrix(unit="u", groups=(MatrixGroup("a", rows), MatrixGroup("b", rows[1:]))),
        Capacity(units=("u", "v"), tiers=tiers),
        Sla(
            unit="u",
            target=Decimal(300),
            fee=draw(amounts),
            bands=(SlaBand(Decimal(0), Decimal(300), draw(small_percents)),),
        ),
    ]
    if has_costs:
        made.append(CostPlus(units=("u", "v"), markup_percent=draw(small_percents)))
    return draw(st.sampled_from(made))


@st.composite
def whole_catalogs(draw: Any) -> Catalog:
    """A random catalog of everything; prices ask for attributes `kind`, `cost` and `to`."""
    catalog = draw(rich_catalogs())
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    has_costs = bool(offer.costs)
    prices = [Price(price=draw(kinds(has_costs=has_costs)), tax_class=draw(_classes))]
    if draw(st.booleans()):
        prices.append(Price(price=draw(kinds(has_costs=has_costs)), when=draw(_words)))
    measures = (
        Measure("v", minimum=Decimal(10), increment=Decimal(6)),
        Measure("v", free_units=Decimal(20), reference=draw(st.sampled_from([RECORD, "monthly"]))),
    )
    world = ZoneUnit(
        id="world",
        destination=("to",),
        rows=(ZoneRow("4*", "near"), ZoneRow("49*", "far")),
        default="elsewhere",
    )
    offer = replace(
        offer,
        prices=(*prices, *offer.prices[1:]),
        measures=draw(st.sampled_from([(), measures[:1], measures[1:]])),
        zone_unit="world",
        impacts=(*offer.impacts, "spent", "events"),
        zero_usage=draw(st.sampled_from(["ignore", "charge"])),
    )
    if draw(st.booleans()):
        catalog = replace(
            catalog, taxes=draw(st.tuples(_plain_taxes)), revenue_shares=draw(_chains())
        )
    return replace(
        catalog,
        price_plans=(replace(plan, offers=(offer,)),),
        zone_units=(world,),
        accumulators=(
            *catalog.accumulators,
            Accumulator(id="spent", sums="amount"),
            Accumulator(id="events", sums="records"),
        ),
    )


@st.composite
def _chains(draw: Any) -> tuple[RevenueShare, ...]:
    """What most offers have: known percents, maybe handed on."""
    first = RevenueShare(id="r0", partner="at-home", percent=draw(small_percents))
    second = RevenueShare(id="r1", partner="at-home", percent=draw(small_percents), of="r0")
    return draw(st.sampled_from([(first,), (first, second)]))


_plain_taxes = st.builds(
    Tax,
    id=st.just("t0"),
    percent=small_percents,
    mode=st.sampled_from(["exclusive", "inclusive"]),
)
_classes = st.sampled_from(["", "reduced"])
_words = st.sampled_from([{"kind": "a"}, {"zone": "far"}, {"account.segment": "gold"}])


@st.composite
def worded_records(draw: Any) -> list[UsageRecord]:
    """Records with the attributes that prices of whole catalogs ask for, or without them."""
    said = st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["a", "b"]),
            "cost": amounts.map(str),
            "to": st.sampled_from(["4", "49", "33"]),
        },
    )
    return [replace(record, attributes=draw(said)) for record in draw(records())]
