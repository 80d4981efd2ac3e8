"""A period comes to what its totals say, however its usage was cut, and however late it came."""

from collections import defaultdict
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
from streams.model.command import Tick
from streams.model.instant import BEGINNING, DAY, HOUR, Instant, Period, month_of
from streams.model.maximum_spend import MaximumSpend
from streams.model.money import CONTEXT, ROUNDING_MODES, Quantity
from streams.model.prices import PerUnit, Tier, Volume
from streams.model.usage import UsageRecord
from tests.properties.worlds import START, TENANT, World, records

QUICK = settings(max_examples=60, deadline=None)
FAR: Instant = START + 120 * DAY
ZONES = {"a0": "Europe/Zurich", "a1": "Asia/Kathmandu"}
AMOUNTS = st.decimals("0", "20", places=3)
Totals = dict[tuple[str, Instant], Quantity]
"""By account and the period's start."""


def catalog_of(price: PerUnit | Volume, *, digits: int, plan: dict[str, Any]) -> Catalog:
    rest = PerUnit(amounts={"v": Decimal(0)})
    offer = PriceOffer(
        id="o",
        usage_type="x",
        product="x",
        start=BEGINNING,
        prices=(Price(price=price), Price(price=rest)),
        impacts=("total",),
    )
    over = plan.pop("over", "record")
    return Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=digits, rounding="half_up", over=over),),
        usage_types=(UsageType(id="x", units=("u", "v")),),
        accumulators=(Accumulator(id="total", usage_units=("u",)),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,), **plan),),
    )


def charged(catalog: Catalog, usage: list[UsageRecord], every: int) -> tuple[World, Totals]:
    """The usage charged with ticks between, and what each period has come to."""
    world, totals, time = World(catalog), defaultdict(int), BEGINNING
    for number, record in enumerate({each.event_id: each for each in usage}.values()):
        world.charge([record])
        start = _counts_in(record, time).start
        used = sum(each.quantity for each in record.usages if each.unit == "u")
        totals[record.root, start] += used  # type: ignore[assignment]
        if number % every == every - 1:
            time = START + 18 * DAY + number * DAY
            world.apply(Tick(f"tick/{number}", time))
    world.apply(Tick("far", FAR))
    return world, totals


def _counts_in(record: UsageRecord, time: Instant) -> Period:
    zone = ZONES[record.root]
    month = month_of(record.occurred_at, zone)
    closed = time - HOUR if time != BEGINNING else BEGINNING
    return month_of(closed, zone) if month.end <= closed else month


def paid(world: World) -> dict[str, Decimal]:
    """What each account was charged, all in all."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for charge in world.effects.rated:
        found[charge.account] = CONTEXT.add(found[charge.account], charge.amount)
    return {account: amount for account, amount in found.items() if amount}


def due(totals: Totals, cost: Any) -> dict[str, Decimal]:
    """What each account should have been."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (account, _), total in totals.items():
        found[account] = CONTEXT.add(found[account], cost(total))
    return {account: amount for account, amount in found.items() if amount}


@st.composite
def tiers(draw: Any) -> tuple[Tier, ...]:
    bounds = sorted(draw(st.sets(st.integers(1, 60), max_size=2)))
    return tuple(
        Tier(None if up_to is None else Decimal(up_to), draw(AMOUNTS), draw(AMOUNTS))
        for up_to in (*bounds, None)
    )


@QUICK
@given(usage=records(), every=st.integers(1, 6), of=tiers(), provisional=st.sampled_from([None, 1]))
def test_what_was_charged_and_its_settlement_are_the_volume_price_of_the_total(
    usage: list[UsageRecord], every: int, of: tuple[Tier, ...], provisional: int | None
) -> None:
    price = Volume(
        unit="u",
        tiers=of,
        reference="total",
        mode="prospective",
        settle="period_end",
        provisional=provisional,
    )
    world, totals = charged(catalog_of(price, digits=12, plan={}), usage, every)

    def volume(total: Quantity) -> Decimal:
        if not total:
            return Decimal(0)
        tier = next(each for each in of if each.up_to is None or total <= each.up_to)
        return CONTEXT.add(CONTEXT.multiply(tier.unit_amount, total), tier.flat_amount)

    assert paid(world) == due(totals, volume)


@QUICK
@given(usage=records(), every=st.integers(1, 6), each=AMOUNTS, digits=st.integers(0, 2))
def test_a_period_that_is_rounded_as_a_whole_comes_to_its_rounded_sum(
    usage: list[UsageRecord], every: int, each: Decimal, digits: int
) -> None:
    price = PerUnit(amounts={"u": each})
    catalog = catalog_of(price, digits=digits, plan={"over": "period"})
    world, totals = charged(catalog, usage, every)
    quantum = Decimal(1).scaleb(-digits)
    mode = ROUNDING_MODES["half_up"]
    assert paid(world) == due(
        totals, lambda total: CONTEXT.multiply(each, total).quantize(quantum, mode, CONTEXT)
    )


@QUICK
@given(usage=records(), every=st.integers(1, 6), each=AMOUNTS, most=AMOUNTS)
def test_a_period_costs_the_smaller_of_its_sum_and_the_maximum(
    usage: list[UsageRecord], every: int, each: Decimal, most: Decimal
) -> None:
    maximum = MaximumSpend(amount=most * 10)
    catalog = catalog_of(PerUnit(amounts={"u": each}), digits=12, plan={"maximum_spend": maximum})
    world, totals = charged(catalog, usage, every)
    assert paid(world) == due(
        totals, lambda total: min(maximum.amount, CONTEXT.multiply(each, total))
    )
