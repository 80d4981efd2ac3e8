"""What falls due is done once, at the same place of an account's charges, whoever finds it due."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.charge import Charging
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.command import AdvanceClock, Command, FoldPeriods, Tick
from streams.model.commitment import TRUE_UP, Commitment
from streams.model.instant import DAY, FOREVER, HOUR, Instant
from streams.model.maximum_spend import MaximumSpend
from streams.model.rated import RatedUsage
from streams.model.rounding import Rounding
from streams.model.usage import MADE, UsageRecord
from streams.outbox import NEXT
from streams.state import Effects, State, Table
from tests.properties.worlds import START, TENANT, World, catalogs, records

QUICK = settings(max_examples=60, deadline=None)
FAR: Instant = START + 75 * DAY


class _Lazy(Charging):
    """Folds an account when something touches it, and all others at the very end."""

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        if isinstance(command, Tick) and command.at < FAR:
            self._commands.apply(command, state=state, effects=effects)
            self._step = None
        else:
            super().apply_command(command, state=state, effects=effects)


class _OneByOne(Charging):
    """Leaves all but one account of a command to the message that goes on."""

    folded_at_once = 1


def _charged(
    world: World,
    core: type[Charging],
    usage: list[UsageRecord],
    every: int,
    *,
    tell: Callable[[Instant], Command] = lambda at: Tick(f"tick/{at}", at),
) -> World:
    (version, plan), *_ = world.core._plans.items()
    world.core = core(plans={version: plan}, partitions=1, partition=0)
    for number, record in enumerate(usage):
        world.charge([record])
        if number % every == every - 1:
            _tell(world, tell(START + number * 3 * DAY))
    _tell(world, tell(FAR))
    return world


def _tell(world: World, time: Command) -> None:
    sent = len(world.effects.outbox)
    world.apply(time)
    for message in world.effects.outbox[sent:]:
        world.apply(message.command)
    while sent < len(world.effects.outbox):
        batch, sent = world.effects.outbox[sent:], len(world.effects.outbox)
        for message in batch:
            assert isinstance(message.command, FoldPeriods)
            world.apply(message.command)


def _by_account(world: World) -> dict[str, list[RatedUsage]]:
    found: dict[str, list[RatedUsage]] = defaultdict(list)
    for charge in world.effects.rated:
        found[charge.account].append(charge)
    return found


@QUICK
@given(catalog=catalogs(), usage=records(), every=st.integers(1, 5))
def test_ticks_and_touches_lead_to_the_same_charges_and_the_same_state(
    catalog: Catalog, usage: list[UsageRecord], every: int
) -> None:
    told = _charged(World(catalog), Charging, usage, every)
    for other in (_Lazy, _OneByOne):
        found = _charged(World(catalog), other, usage, every)
        assert _by_account(found) == _by_account(told)
        for world in (found, told):
            world.state.values.pop((Table.META, NEXT), None)
        assert found.state.values == told.state.values


@QUICK
@given(catalog=catalogs(), usage=records(), every=st.integers(1, 5))
def test_a_time_of_its_own_leads_to_what_the_partitions_time_leads_to(
    catalog: Catalog, usage: list[UsageRecord], every: int
) -> None:
    catalog = replace(catalog, is_test=True)
    told = _charged(World(catalog), Charging, usage, every)
    for core in (Charging, _OneByOne):
        world = World(catalog)
        found = _charged(
            world, core, usage, every, tell=lambda at: AdvanceClock(f"{at}", TENANT, at)
        )
        assert _by_account(found) == _by_account(told)
        assert found.effects.alerts == told.effects.alerts
        for table in (Table.BALANCES, Table.ACCUMULATORS, Table.FEES, Table.COUNTERS):
            assert found.state.table(table) == told.state.table(table)
        found.apply(Tick("real", FAR + 400 * DAY))
        assert found.state.table(Table.BALANCES) == told.state.table(Table.BALANCES)


@QUICK
@given(catalog=catalogs(), usage=records())
def test_nothing_is_left_of_a_period_that_is_over(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = _charged(World(catalog), Charging, usage, 3)
    for balances in world.state.table(Table.BALANCES).values():
        ends = {bucket.end for bucket in balances.buckets} - {FOREVER}
        assert all(end + HOUR > FAR for end in ends)
        assert balances.due > FAR
        assert balances.due != FOREVER or not ends
    assert all(key[8:] for key in world.state.table(Table.PERIODS))
    made = [charge for charge in world.effects.rated if charge.position.topic_id == MADE]
    assert len({charge.record.record_id for charge in made}) == len(made)
    assert len(world.effects.causes) == len(made)


def _with_minimum(catalog: Catalog) -> Catalog:
    """The catalog with what is settled at the end of months and weeks."""
    (plan,) = catalog.price_plans
    week = BillingPeriod(id="week", unit="week")
    month = BillingPeriod(id="month", unit="month")
    committed = (
        Commitment(id="floor", product="floor", minimum=Decimal(25), every=month),
        Commitment(id="weekly", product="floor", minimum=Decimal(9), every=week),
    )
    bounded = replace(
        plan,
        commitments=committed,
        maximum_spend=MaximumSpend(amount=Decimal(30)),
        rounding=Rounding(over="period"),
    )
    return replace(catalog, price_plans=(bounded,))


@QUICK
@given(catalog=catalogs().map(_with_minimum), usage=records(), every=st.integers(1, 5))
def test_periods_are_settled_alike_whoever_finds_them_ended(
    catalog: Catalog, usage: list[UsageRecord], every: int
) -> None:
    told = _charged(World(catalog), Charging, usage, every)
    assert any(charge.record.usage_type == TRUE_UP for charge in told.effects.rated)
    for other in (_Lazy, _OneByOne):
        found = _charged(World(catalog), other, usage, every)
        assert _by_account(found) == _by_account(told)
