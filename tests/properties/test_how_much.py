"""Meters charge what they ran, whatever comes between; children cost the same wherever invoiced."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.catalog.cel import parse_expression
from connectors.kafka.codec import TABLE_DECODERS, encode_value
from streams.model.catalog import Catalog, PerUnit, Price, PriceOffer, PricePlan, UsageType
from streams.model.instant import BEGINNING, DAY
from streams.model.multi_rate import PARTS, ChildRate, MultiRate
from streams.model.rate_unit import MeterRead, RateUnit, RateUnitMap, ServiceType
from streams.model.usage import SourcePosition, UsageRecord, record_id_of
from streams.state import Table
from tests.properties.worlds import START, TENANT, World, catalogs, records

QUICK = settings(max_examples=25, deadline=None)
SPAN = 1000

metered = Catalog(
    tenant=TENANT,
    currencies=(),
    usage_types=(UsageType(id="x", units=("u",), attributes=("reading",), service_type="meters"),),
    price_plans=(
        PricePlan(
            id="p",
            currency="CHF",
            offers=(
                PriceOffer(
                    id="o",
                    usage_type="x",
                    product="x",
                    start=BEGINNING,
                    prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
                ),
            ),
        ),
    ),
    service_types=(ServiceType(id="meters"),),
    rate_units=(
        RateUnit(
            id="read",
            service_type="meters",
            unit="u",
            meter=MeterRead(reading="reading", digits=3),
        ),
    ),
    rate_unit_maps=(RateUnitMap(service_type="meters", rate_unit="read"),),
)


def reading(number: int, day: int, shown: int) -> UsageRecord:
    return UsageRecord(
        record_id_of(tenant=TENANT, source="s", event_id=f"e{number}", part=0),
        TENANT, "s", f"e{number}", 0, number, 0, "x", "k-a1", "a1",
        START + day * DAY // 4, START + day * DAY // 4, (), {"reading": str(shown)},
    )  # fmt: skip


def metered_world(catalog: Catalog) -> World:
    return World(replace(metered, currencies=catalog.currencies), wallet=Decimal(10**9))


@QUICK
@given(catalog=catalogs(), steps=st.lists(st.integers(0, SPAN - 1), min_size=1, max_size=12))
def test_a_register_charges_what_it_ran_over_its_end_too(
    catalog: Catalog, steps: list[int]
) -> None:
    world, ran = metered_world(catalog), 0
    world.charge([reading(0, 0, 7)])
    for number, step in enumerate(steps, start=1):
        ran += step
        world.charge([reading(number, number, (7 + ran) % SPAN)])
    assert sum(rated.amount for rated in world.effects.rated) == ran
    told = [rated.lines[0].quantity for rated in world.effects.rated]
    assert told == [step for step in steps if step]


@QUICK
@given(
    catalog=catalogs(),
    shown=st.lists(st.tuples(st.integers(0, 30), st.integers(0, SPAN - 1)), max_size=20),
    again=st.lists(st.integers(0, 19), max_size=5),
)
def test_readings_in_any_order_end_once_and_leave_a_state_that_survives_being_packed(
    catalog: Catalog, shown: list[tuple[int, int]], again: list[int]
) -> None:
    usage = [reading(number, *each) for number, each in enumerate(shown)]
    once, packed = metered_world(catalog), metered_world(catalog)
    once.charge(usage)
    once.charge([usage[number] for number in again if number < len(usage)])
    for record in usage:
        packed.charge([record])
        for key, held in packed.state.table(Table.METERS).items():
            packed.state.put(Table.METERS, key, TABLE_DECODERS[Table.METERS](encode_value(held)))
    assert len(once.effects.rated) + len(once.effects.verdicts) == len(usage)
    assert packed.effects.rated == once.effects.rated
    assert packed.state.table(Table.METERS) == once.state.table(Table.METERS)
    codes = {verdict.code for verdict in once.effects.verdicts}
    assert codes <= {"first_reading", "late_reading", "zero_usage"}


def with_children(catalog: Catalog, invoice_at: Literal["parent", "child"]) -> Catalog:
    """The usage type of a random catalog, sold twice over, and a share of what that cost."""
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    share = PriceOffer(
        id="share",
        usage_type="share",
        product="share",
        start=BEGINNING,
        prices=(Price(price=PerUnit(amounts={"w": Decimal("0.05")})),),
    )
    twice = [replace(offer, id=name, usage_type=name, product=name) for name in ("one", "two")]
    quantity: Any = parse_expression("amounts.one + amounts.two + 1")
    return replace(
        catalog,
        usage_types=(
            *catalog.usage_types,
            *(UsageType(id=name, units=("u", "v")) for name in ("one", "two")),
            UsageType(id="share", units=("w",)),
        ),
        price_plans=(replace(plan, fees=(), offers=(*twice, share)),),
        multi_rates=(
            MultiRate(
                usage_type="x",
                invoice_at=invoice_at,
                children=(
                    ChildRate(usage_type="one"),
                    ChildRate(usage_type="two"),
                    ChildRate(usage_type="share", quantity=quantity),
                ),
            ),
        ),
    )


@QUICK
@given(catalog=catalogs(), usage=records())
def test_what_a_parent_costs_does_not_depend_on_where_it_is_invoiced(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    parent = World(with_children(catalog, "parent"))
    child = World(with_children(catalog, "child"))
    for world in (parent, child):
        world.charge(usage)
        world.charge(usage)
    for table in (Table.BALANCES, Table.ACCUMULATORS):
        assert parent.state.table(table) == child.state.table(table)
    counters = [
        {key: total for key, total in world.state.table(Table.COUNTERS).items() if total}
        for world in (parent, child)
    ]
    assert counters[0] == counters[1]
    assert parent.effects.alerts == child.effects.alerts
    amounts: dict[SourcePosition, Decimal] = defaultdict(Decimal)
    for rated in child.effects.rated:
        amounts[rated.position] += rated.amount
        assert rated.record.part in range(1, PARTS)
    assert {each.position: each.amount for each in parent.effects.rated} == amounts
    charged = [rated.record for rated in child.effects.rated]
    ids = [(each.occurred_at // DAY, each.record_id) for each in charged]
    assert len(ids) == len(set(ids))


@QUICK
@given(catalog=catalogs(), usage=records(), invoice_at=st.sampled_from(["parent", "child"]))
def test_charges_of_parents_and_children_balance_and_explain_themselves(
    catalog: Catalog, usage: list[UsageRecord], invoice_at: Any
) -> None:
    world = World(with_children(catalog, invoice_at))
    world.charge(usage)
    for rated in world.effects.rated:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in rated.postings:
            sums[posting.resource] += posting.amount
            if posting.ledger_account == "account":
                sums[f"held {posting.resource}"] += posting.amount
        for change in rated.changes:
            sums[f"held {change.resource}"] -= Decimal(change.after) - Decimal(change.before)
        assert set(sums.values()) <= {Decimal(0)}
        assert sum(line.amount for line in rated.lines) == rated.amount


@QUICK
@given(catalog=catalogs(), usage=records())
def test_a_parent_that_is_refused_leaves_nothing_behind(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    refusing = with_children(catalog, "child")
    (plan,) = refusing.price_plans
    without_last = replace(plan, offers=plan.offers[:-1])
    world = World(replace(refusing, price_plans=(without_last,)))
    before = {**world.state.values}
    world.charge(usage)
    assert world.effects.rated == []
    kept = {at: value for at, value in world.state.values.items() if at[0] != Table.RECORD_IDS}
    assert kept == before
    assert {verdict.code for verdict in world.effects.verdicts} <= {"no_price", "over_limit", ""}
