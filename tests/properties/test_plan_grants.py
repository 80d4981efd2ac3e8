"""What price plans grant by their periods does not depend on when somebody looks."""

from decimal import Decimal
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog, Grant
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.grant import RollOver
from streams.model.instant import BEGINNING, FOREVER, HOUR, Instant
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from tests.properties.test_grants import CATALOG, FIRST, KEY

LAST: Final = 40 * 24
DAY: Final = BillingPeriod(id="day", unit="day")


def _at(hour: int) -> Instant:
    return FIRST + hour * HOUR


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A grant by the day or the month, with any terms."""
    bound = draw(st.one_of(st.none(), st.integers(1, 60)))
    percent = draw(st.one_of(st.none(), st.integers(1, 150)))
    terms = RollOver(
        quantity=None if bound is None else Decimal(bound),
        percent=None if percent is None else Decimal(percent),
        periods=draw(st.integers(1, 3)),
    )
    grant = Grant(
        allowance="free",
        quantity=Decimal(draw(st.integers(1, 50))),
        every=draw(st.sampled_from([None, DAY])),
        opens="period",
        ends=draw(st.sampled_from(["period", "service"])),
        prorate=draw(st.sampled_from([None, "day", "exact"])),
        roll_over=terms if draw(st.booleans()) else None,
    )
    plan = CATALOG.price_plans[0]
    return replace(CATALOG, price_plans=(replace(plan, grants=(grant,)),))


class _World:
    """One account that nobody uses."""

    def __init__(self, catalog: Catalog) -> None:
        plan = compile_catalog(catalog)
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self.state, self.effects = MemoryState(), Effects()
        self.apply(ActivateCatalog("c", "t", plan.version, BEGINNING))
        self.apply(PutAccount("a", "t", "ada", "ada", "postpaid", "CHF", "UTC", None))
        self.apply(Tick("first", FIRST))

    def apply(self, command: Command) -> None:
        """Apply it, as one step."""
        step = Effects()
        self.core.apply_command(command, state=self.state, effects=step)
        self.core.settle(self.state, step)
        self.effects.extend(step)

    def assign(self, number: int, start: int, end: int | None) -> None:
        """A service under the plan."""
        until = FOREVER if end is None else _at(end)
        name = f"s{number}"
        assignment = AssignService(name, "t", name, "ada", "ada", name, "plan", _at(start), until)
        self.apply(assignment)


@settings(max_examples=80, deadline=None)
@given(
    catalog=catalogs(),
    services=st.lists(
        st.tuples(st.integers(0, 200), st.one_of(st.none(), st.integers(201, LAST))),
        min_size=1,
        max_size=3,
    ),
    ticks=st.sets(st.integers(1, LAST), max_size=20),
)
def test_an_idle_account_has_the_same_however_often_time_is_told(
    catalog: Catalog, services: list[tuple[int, int | None]], ticks: set[int]
) -> None:
    often, once = _World(catalog), _World(catalog)
    for world in (often, once):
        for number, (start, end) in enumerate(services):
            world.assign(number, start, end)
    for hour in sorted(ticks):
        often.apply(Tick("tick", _at(hour)))
    for world in (often, once):
        world.apply(Tick("last", _at(LAST + 1)))
    held: list[Balances] = [world.state.get(Table.BALANCES, KEY) for world in (often, once)]
    assert held[0] == held[1]
    told = [
        sorted((each.record.event_id, each.postings) for each in world.effects.rated)
        for world in (often, once)
    ]
    assert told[0] == told[1]
    names = [name for name, _ in told[0]]
    assert len(set(names)) == len(names)
    left = sum(bucket.remaining for bucket in held[0].buckets)
    liability = once.state.get(Table.COUNTERS, b"t\0allowance_liability\0free")
    assert left == -(liability or 0)
