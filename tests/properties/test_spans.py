"""Running totals with periods of their own: whatever the period, nothing is lost, and each total is
what a plain fold over what was charged makes it."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.billing_period import PERIOD_UNITS, BillingPeriod, period_at
from streams.model.catalog import Accumulator, Catalog, Graduated, Price, Tier
from streams.model.command import Tick
from streams.model.evaluation import Evaluation
from streams.model.instant import BEGINNING, DAY, HOUR, MINUTE, Instant, Period
from streams.model.money import CONTEXT, quantize_line
from streams.model.usage import UsageRecord
from tests.properties.worlds import START, World, catalogs, records

QUICK = settings(max_examples=40, deadline=None)
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


def _evaluated(catalog: Catalog, period: BillingPeriod, rule: Evaluation) -> Catalog:
    """The catalog's first price by two tiers that the evaluation chooses from."""
    catalog = _with_spans(catalog, period)
    (plan,) = catalog.price_plans
    (offer,) = plan.offers
    tiers = (Tier(Decimal(300), Decimal(2)), Tier(None, Decimal(1)))
    price = Price(price=Graduated(unit="u", tiers=tiers, reference="before"))
    offer = replace(offer, prices=(price, *offer.prices[1:]))
    plan = replace(plan, offers=(offer,))
    return replace(catalog, evaluations=(rule,), price_plans=(plan,))


def _plainly(found: Found, rule: Evaluation, period: BillingPeriod, span: Period, who: str) -> Any:
    """The value for a record that counts in `span`, by all that was ever counted."""
    held = {
        start: total
        for (account, name, start, _), total in found.items()
        if account == who and name == rule.accumulator and start < span.start
    }
    if not held:
        return rule.initial
    end, sums, periods = span.start, Decimal(0), 0
    for _ in range(rule.periods):
        start = period_at(end - 1, period, ZONES[who]).start
        if end <= min(held):
            break
        sums, periods, end = sums + held.get(start, 0), periods + 1, start
    if rule.value == "total":
        return sums
    a_year = {"hour": 8760, "day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
    if rule.value == "annualised":
        sums, periods = sums * a_year[period.unit], periods * period.every
    return quantize_line(CONTEXT.divide(sums, Decimal(periods)))


@QUICK
@given(
    catalog=catalogs(),
    period=billing_periods(),
    usage=records(),
    every=st.integers(1, 5),
    days=st.integers(0, 9),
    rule=st.builds(
        Evaluation,
        id=st.just("before"),
        accumulator=st.just("monthly"),
        periods=st.integers(1, 4),
        value=st.sampled_from(["total", "average", "annualised"]),
        initial=st.sampled_from([Decimal(0), Decimal(301)]),
    ),
)
def test_an_evaluation_says_what_a_plain_look_at_all_periods_says(
    catalog: Catalog,
    period: BillingPeriod,
    usage: list[UsageRecord],
    every: int,
    days: int,
    rule: Evaluation,
) -> None:
    world, found, time = World(_evaluated(catalog, period, rule)), Found(), BEGINNING
    for number, record in enumerate(usage):
        if number % every == every - 1:
            time = max(time, START + number * days * DAY)
            world.apply(Tick(f"tick/{number}", time))
        before = len(world.sent())
        world.charge([record])
        for rated in world.sent()[before:]:
            at, account = rated.record.occurred_at, rated.account
            expected = _plainly(found, rule, period, _span(period, at, account, time), account)
            for line in rated.lines:
                if line.rule == "graduated" and line.price.endswith("#1"):
                    assert Decimal(line.detail["before"]) == expected
                    assert line.detail["tier"] == ("1" if expected <= 300 else "2")
        _note(world, found)
