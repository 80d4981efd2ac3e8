"""Running totals with periods of their own: whatever the period, nothing is lost, and each total is
what a plain fold over what was charged makes it."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.billing_period import PERIOD_UNITS, BillingPeriod, period_at
from streams.model.catalog import Accumulator, Catalog
from streams.model.command import Tick
from streams.model.instant import BEGINNING, DAY, HOUR, MINUTE, Instant, Period
from streams.model.usage import UsageRecord
from tests.properties.worlds import START, World, catalogs, records

QUICK = settings(max_examples=60, deadline=None)
ZONES = {"a0": "Europe/Zurich", "a1": "Asia/Kathmandu"}
Found = dict[tuple[str, str, Instant, Instant], Any]


@st.composite
def billing_periods(draw: Any) -> BillingPeriod:
    """A billing period of any unit, anchored or not, in the account's zone or another."""
    anchor = draw(st.none() | st.integers(-400 * 24 * 60, 400 * 24 * 60))
    return BillingPeriod(
        id="own",
        unit=draw(st.sampled_from(PERIOD_UNITS)),
        every=draw(st.integers(1, 7)),
        anchor=None if anchor is None else START + anchor * MINUTE,
        month=draw(st.integers(1, 12)),
        day=draw(st.integers(1, 31)),
        weekday=draw(st.integers(0, 6)),
        minute=draw(st.integers(0, 1439)),
        time_zone=draw(st.sampled_from(["", "America/New_York"])),
    )


def _with_spans(catalog: Catalog, period: BillingPeriod) -> Catalog:
    """The catalog's only total by this period, and beside it one by the month."""
    (one,) = catalog.accumulators
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    offer = replace(offer, impacts=(*offer.impacts, "beside"))
    plan = replace(plan, offers=(offer,), fees=())
    beside = Accumulator(id="beside", usage_units=one.usage_units)
    return replace(catalog, accumulators=(replace(one, period=period), beside), price_plans=(plan,))


def _note(world: World, found: Found) -> None:
    for account in ZONES:
        for name, start, end, total in world.totals(account):
            found[account, name, start, end] = total


def _span(period: BillingPeriod, at: Instant, account: str, time: Instant) -> Period:
    own = period_at(at, period, ZONES[account])
    closed = time - HOUR
    return period_at(closed, period, ZONES[account]) if own.end <= closed else own


@QUICK
@given(
    catalog=catalogs(),
    period=billing_periods(),
    usage=records(),
    every=st.integers(1, 5),
    days=st.integers(0, 9),
)
def test_all_usage_stands_in_exactly_one_span_of_each_total(
    catalog: Catalog, period: BillingPeriod, usage: list[UsageRecord], every: int, days: int
) -> None:
    sums = catalog.accumulators[0].usage_units
    world, found, time = World(_with_spans(catalog, period)), Found(), BEGINNING
    months = BillingPeriod(id="month", unit="month")
    expected: dict[tuple[str, str, Instant, Instant], Decimal] = defaultdict(Decimal)
    everything: dict[str, Decimal] = defaultdict(Decimal)
    for number, record in enumerate(usage):
        if number % every == every - 1:
            time = START + number * days * DAY
            world.apply(Tick(f"tick/{number}", time))
        before = len(world.sent())
        world.charge([record])
        _note(world, found)
        for rated in world.sent()[before:]:
            moved = sum(
                (Decimal(leaf.quantity) for leaf in record.usages if not sums or leaf.unit in sums),
                Decimal(0),
            )
            at, account = rated.record.occurred_at, rated.account
            for name, structure in (("monthly", period), ("beside", months)):
                if moved:
                    expected[account, name, *_span(structure, at, account, time)] += moved
            everything[account] += moved
    assert found == expected
    for name in ("monthly", "beside"):
        for account, total in everything.items():
            assert total == sum(held for key, held in found.items() if key[:2] == (account, name))


@QUICK
@given(catalog=catalogs(), usage=records())
def test_a_month_of_its_own_is_the_month_that_all_totals_have(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    (one,) = catalog.accumulators
    own = replace(one, period=BillingPeriod(id="month", unit="month"))
    usual, other = World(catalog), World(replace(catalog, accumulators=(own,)))
    for number, record in enumerate(usage):
        for world in (usual, other):
            world.apply(Tick(f"tick/{number}", START + number * 4 * DAY))
            world.charge([record])
            assert world.totals("a0") == usual.totals("a0")
            assert world.totals("a1") == usual.totals("a1")
    told = [(charge.record, charge.lines, charge.postings) for charge in usual.effects.rated]
    assert told == [
        (charge.record, charge.lines, charge.postings) for charge in other.effects.rated
    ]
