"""Units that stay cost what a count of every single day says, however they came and went."""

from calendar import monthrange
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.expression import Field, Member
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import (
    Accumulator,
    Catalog,
    CurrencyRule,
    Graduated,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    Tier,
    UsageType,
)
from streams.model.command import Tick
from streams.model.fee import FEE, Fee
from streams.model.holding import Holding
from streams.model.instant import BEGINNING, DAY, HOUR, Instant, datetime_of
from streams.model.prices import PriceKind
from streams.model.rate_unit import RateUnit, RateUnitMap, ServiceType
from streams.model.usage import MADE, Usage, UsageRecord, record_id_of
from tests.properties.worlds import START, TENANT, World

QUICK = settings(max_examples=60, deadline=None)
ZONE = ZoneInfo("Asia/Kathmandu")
MONTH = BillingPeriod(id="month", unit="month")
FAR: Instant = START + 75 * DAY
NEARLY = Fraction(1, 10**8)

Change = tuple[Instant, int]
amounts = st.decimals(0, 100, places=2, allow_nan=False, allow_infinity=False)


@st.composite
def changes(draw: Any) -> list[Change]:
    """Units that come and go in the course of ten weeks, never more than are there."""
    times = draw(st.lists(st.integers(0, 74 * 24), min_size=1, max_size=12))
    made: list[Change] = []
    held = 0
    for hours in sorted(times):
        change = draw(st.integers(-held, 20).filter(bool))
        held += change
        made.append((START + hours * HOUR, change))
    return made


@st.composite
def tiers(draw: Any) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(st.integers(1, 40), max_size=3)))
    listed = [Tier(Decimal(bound), draw(amounts), draw(amounts)) for bound in bounds]
    return (*listed, Tier(None, draw(amounts), draw(amounts)))


def catalog_of(price: PriceKind, by: Any = "day") -> Catalog:
    offer = PriceOffer(
        id="seats",
        usage_type="seats",
        product="seats",
        start=BEGINNING,
        prices=(Price(price=price),),
        impacts=("held",),
        holding=Holding(every=MONTH, by=by),
    )
    return Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=12, rounding="half_even"),),
        usage_types=(UsageType(id="seats", units=("u",), held="change"),),
        accumulators=(Accumulator(id="held"),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
    )


def graduated(steps: tuple[Tier, ...]) -> Graduated:
    return Graduated(unit="u", reference="held", tiers=steps)


def charged(catalog: Catalog, made: list[Change], *, ticks: int = 0) -> World:
    world = World(catalog)
    for number, (at, change) in enumerate(made):
        if ticks and number % ticks == 0:
            world.apply(Tick(f"tick/{number}", at))
        event_id = f"e{number}"
        record_id = record_id_of(tenant=TENANT, source="s", event_id=event_id, part=0)
        held = (Usage("u", change),)
        where = (event_id, 0, number, 0, "seats", "k-a1", "a1", at, at)
        world.charge([UsageRecord(record_id, TENANT, "s", *where, held, {})])
    world.apply(Tick("far", FAR))
    return world


def total_of(world: World) -> Fraction:
    assert not world.effects.verdicts
    return sum((Fraction(charge.amount) for charge in world.effects.rated), Fraction(0))


def day_of(at: Instant) -> date:
    return datetime_of(at).astimezone(ZONE).date()


def by_the_day(made: list[Change], steps: tuple[Tier, ...]) -> Fraction:
    """What each day costs by its units, and each month by the tiers that it has seen entered."""
    on: dict[date, list[int]] = defaultdict(list)
    for at, change in made:
        on[day_of(at)].append(change)
    day, last = min(on), datetime_of(FAR).astimezone(ZONE).date().replace(day=31)
    total, held, peak = Fraction(0), 0, 0
    while day <= last:
        peak = held if day.day == 1 else peak
        before = peak
        entered = _flats(steps, 0, peak) if day.day == 1 else Fraction(0)
        for change in on.get(day, ()):
            held += change
            peak = max(peak, held)
        entered += _flats(steps, before, peak)
        total += entered + _cost(steps, held) / monthrange(day.year, day.month)[1]
        day += timedelta(days=1)
    return total


def _cost(steps: tuple[Tier, ...], held: int) -> Fraction:
    total, above = Fraction(0), 0
    for step in steps:
        until = held if step.up_to is None else min(held, int(step.up_to))
        total += max(0, until - above) * Fraction(step.unit_amount)
        above = max(above, until)
    return total


def _flats(steps: tuple[Tier, ...], before: int, peak: int) -> Fraction:
    above = [0, *(int(step.up_to) for step in steps if step.up_to is not None)]
    return sum(
        (
            Fraction(step.flat_amount)
            for step, start in zip(steps, above, strict=True)
            if before <= start < peak
        ),
        Fraction(0),
    )


@QUICK
@given(made=changes(), price=amounts)
def test_units_of_one_price_cost_the_sum_of_their_days(made: list[Change], price: Decimal) -> None:
    world = charged(catalog_of(PerUnit(amounts={"u": price})), made)
    assert abs(total_of(world) - by_the_day(made, (Tier(None, price),))) < NEARLY


@QUICK
@given(made=changes(), steps=tiers())
def test_tiers_cost_what_each_day_and_each_tier_entered_cost(
    made: list[Change], steps: tuple[Tier, ...]
) -> None:
    world = charged(catalog_of(graduated(steps)), made)
    assert abs(total_of(world) - by_the_day(made, steps)) < NEARLY


@QUICK
@given(made=changes(), steps=tiers(), by=st.sampled_from(["day", "exact"]))
def test_it_does_not_matter_how_a_change_is_cut_nor_when_time_is_told(
    made: list[Change], steps: tuple[Tier, ...], by: str
) -> None:
    catalog = catalog_of(graduated(steps), by)
    whole = charged(catalog, made)
    one_by_one = [(at, 1 if change > 0 else -1) for at, change in made for _ in range(abs(change))]
    assert abs(total_of(charged(catalog, one_by_one)) - total_of(whole)) < NEARLY
    ticked = charged(catalog, made, ticks=2)
    assert [(each.record.event_id, each.amount) for each in ticked.effects.rated] == [
        (each.record.event_id, each.amount) for each in whole.effects.rated
    ]
    assert ticked.totals("a1")[-1] == whole.totals("a1")[-1]


@QUICK
@given(made=changes(), steps=tiers(), more=st.integers(1, 30))
def test_what_comes_and_goes_on_one_day_costs_flat_amounts_alone(
    made: list[Change], steps: tuple[Tier, ...], more: int
) -> None:
    alone = tuple(Tier(step.up_to, step.unit_amount) for step in steps)
    catalog = catalog_of(graduated(alone))
    at = made[-1][0]
    there_and_back = [*made, (at, more), (at, -more)]
    assert total_of(charged(catalog, there_and_back)) == total_of(charged(catalog, made))


@QUICK
@given(made=changes())
def test_nobody_has_to_send_anything_for_what_is_held(made: list[Change]) -> None:
    held = sum(change for _, change in made)
    world = charged(catalog_of(PerUnit(amounts={"u": Decimal(1)})), made)
    first = _instant(datetime(2025, 5, 1, tzinfo=ZONE))
    carried = [
        charge
        for charge in world.effects.rated
        if charge.position.topic_id == MADE and charge.record.occurred_at == first
    ]
    before = sum(change for at, change in made if at < first)
    assert [charge.amount for charge in carried] == ([Decimal(before)] if before else [])
    totals = {name: total for name, start, _, total in world.totals("a1") if start == first}
    assert totals.get("held", 0) == held


def driven_catalog(price: Decimal, charged_: Any, proration: Any = "prorate") -> Catalog:
    fee = Fee(
        id="seats",
        product="seats",
        price=PerUnit(amounts={FEE: price}),
        every=MONTH,
        charged=charged_,
        proration=proration,
        driven_by="seats",
    )
    free = Price(price=PerUnit(amounts={"u": Decimal(0)}))
    offer = PriceOffer(
        id="seats", usage_type="seats", product="seats", start=BEGINNING, prices=(free,)
    )
    expression = Member(Field("units"), "u")
    unit = RateUnit(
        id="seats", service_type="s", unit="u", expression=expression, drives_recurring=True
    )
    return Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=12, rounding="half_even"),),
        usage_types=(UsageType(id="seats", units=("u",), service_type="s", held="change"),),
        service_types=(ServiceType(id="s"),),
        rate_units=(unit,),
        rate_unit_maps=(RateUnitMap(service_type="s", rate_unit="seats"),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,), fees=(fee,)),),
    )


@QUICK
@given(made=changes(), price=amounts, ticks=st.integers(0, 3))
def test_a_fee_that_is_driven_costs_the_sum_of_its_days(
    made: list[Change], price: Decimal, ticks: int
) -> None:
    forward = charged(driven_catalog(price, "forward"), made, ticks=ticks)
    assert abs(total_of(forward) - by_the_day(made, (Tier(None, price),))) < NEARLY
    for proration in ("prorate", "average"):
        arrears = charged(driven_catalog(price, "arrears", proration), made, ticks=ticks)
        arrears.apply(Tick("june", _instant(datetime(2025, 6, 2, tzinfo=ZONE))))
        assert abs(total_of(arrears) - by_the_day(made, (Tier(None, price),))) < NEARLY


def _instant(moment: datetime) -> Instant:
    return int(moment.timestamp()) * 1_000_000
