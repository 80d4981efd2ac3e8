"""A test tenant's time is its own: ticks do not move it, and it moves nobody else's."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from streams.charge import Charging
from streams.due.agenda import due_accounts, due_key
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog, CurrencyRule, PricePlan
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    AssignService,
    Command,
    FoldPeriods,
    PutAccount,
    Tick,
)
from streams.model.fee import FEE, Fee
from streams.model.instant import BEGINNING, DAY, FOREVER, SECOND, Instant
from streams.model.prices import Flat
from streams.outcome import CommandReason
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from streams.tenant_time import OWN_TIMES, time_of

NOON: Instant = 1_740_830_400 * SECOND
"""2025-03-01T12:00:00Z."""
DAILY = Fee(
    id="daily",
    product="fee",
    price=Flat(units=(FEE,), amount=Decimal(1)),
    every=BillingPeriod(id="day", unit="day"),
    charged="forward",
    proration="full",
)
REAL = Catalog(
    tenant="real",
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(),
    price_plans=(PricePlan(id="p", currency="CHF", offers=(), fees=(DAILY,)),),
)
TEST = replace(REAL, tenant="test", is_test=True)
PLANS = {
    plan.version: plan for plan in map(compile_catalog, (REAL, TEST, replace(REAL, tenant="test")))
}
VERSIONS = {(plan.tenant, plan.is_test): version for version, plan in PLANS.items()}


class _Slices(Charging):
    folded_at_once = 2


class Partition:
    """One partition; what it sends to itself comes back after what is applied next."""

    def __init__(self, core: type[Charging] = Charging) -> None:
        self.core = core(plans=PLANS, partitions=1, partition=0)
        self.state = MemoryState()
        self.effects = Effects()
        self._seen = 0

    def apply(self, *commands: Command) -> None:
        for command in commands:
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def go_on(self) -> int:
        """Take in what the partition has sent to itself so far; how much that was."""
        sent = self.effects.outbox[self._seen :]
        self._seen += len(sent)
        for message in sent:
            assert isinstance(message.command, FoldPeriods)
            self.apply(message.command)
        return len(sent)

    def settle(self) -> None:
        while self.go_on():
            pass

    def open(self, tenant: str, accounts: int, is_test: bool) -> None:
        version = VERSIONS[tenant, is_test]
        self.apply(ActivateCatalog(f"{tenant}/{is_test}", tenant, version, BEGINNING))
        for number in range(accounts):
            name = f"a{number}"
            self.apply(
                PutAccount(f"{tenant}/{name}", tenant, name, name, "postpaid", "CHF", "UTC", None),
                AssignService(
                    f"{tenant}/s/{name}", tenant, f"k-{name}", name, name, "1", "p", NOON, FOREVER
                ),
            )

    def money(self, tenant: str, account: str = "a0") -> Decimal:
        held: Balances = self.state.get(Table.BALANCES, f"{tenant}\0{account}".encode())
        return Decimal(held.buckets[-1].remaining) if held.buckets else Decimal(0)

    def refusals(self) -> list[tuple[str, str]]:
        return [(verdict.code, verdict.detail) for verdict in self.effects.verdicts]


@pytest.fixture
def both() -> Partition:
    partition = Partition()
    partition.apply(Tick("t0", NOON))
    partition.open("real", 1, is_test=False)
    partition.open("test", 1, is_test=True)
    return partition


def test_before_the_first_advance_ticks_move_all(both: Partition) -> None:
    both.apply(Tick("t1", NOON + DAY))
    assert both.money("real") == both.money("test") == -2


def test_an_advance_moves_its_tenant_alone(both: Partition) -> None:
    both.apply(AdvanceClock("c1", "test", NOON + 3 * DAY))
    assert both.money("test") == -4
    assert both.money("real") == -1
    assert time_of("test", both.state) == NOON + 3 * DAY
    assert time_of("real", both.state) == NOON


def test_ticks_leave_it_where_it_is(both: Partition) -> None:
    both.apply(AdvanceClock("c1", "test", NOON + DAY), Tick("t1", NOON + 9 * DAY))
    assert both.money("test") == -2
    assert both.money("real") == -10
    both.apply(AdvanceClock("c2", "test", NOON + 2 * DAY))
    assert both.money("test") == -3


def test_an_advance_counts_once_and_never_back(both: Partition) -> None:
    advance = AdvanceClock("c1", "test", NOON + DAY)
    both.apply(advance, advance, AdvanceClock("c2", "test", NOON + DAY))
    assert both.refusals() == []
    both.apply(AdvanceClock("c3", "test", NOON + DAY - 1))
    ((code, detail),) = both.refusals()
    assert code == CommandReason.CLOCK_IS_AHEAD
    assert "2025-03-02T11:59:59.999999Z is before 2025-03-02T12:00:00.000000Z" in detail
    assert time_of("test", both.state) == NOON + DAY


def test_a_tenant_that_is_real_or_unknown_is_refused(both: Partition) -> None:
    before = dict(both.state.values)
    both.apply(AdvanceClock("c1", "real", NOON + DAY), AdvanceClock("c2", "nobody", NOON + DAY))
    codes = [code for code, _ in both.refusals()]
    assert codes == [CommandReason.NOT_A_TEST_TENANT] * 2
    assert {key: value for key, value in both.state.values.items() if key[0] != Table.COMMANDS} == {
        key: value for key, value in before.items() if key[0] != Table.COMMANDS
    }
    names = [verdict.record.event_id for verdict in both.effects.verdicts if verdict.record]
    assert names == ["clock/c1/0", "clock/c2/0"]


@pytest.mark.parametrize("first", [True, False])
def test_one_catalog_that_is_no_test_is_enough(first: bool) -> None:
    """Whichever came first, and whatever counts now."""
    partition = Partition()
    for number, is_test in enumerate((first, not first)):
        version = VERSIONS["test", is_test]
        start = BEGINNING if number == 0 else NOON
        partition.apply(ActivateCatalog(f"a{number}", "test", version, start))
    partition.apply(AdvanceClock("c1", "test", NOON))
    ((code, _),) = partition.refusals()
    assert code == CommandReason.NOT_A_TEST_TENANT


def test_a_tenant_that_becomes_real_goes_by_the_partitions_time_again(both: Partition) -> None:
    both.apply(AdvanceClock("c1", "test", NOON + 2 * DAY))
    both.apply(ActivateCatalog("real now", "test", VERSIONS["test", False], NOON + 2 * DAY))
    assert time_of("test", both.state) == NOON
    both.apply(AdvanceClock("c2", "test", NOON + 9 * DAY))
    assert [code for code, _ in both.refusals()] == [CommandReason.NOT_A_TEST_TENANT]
    both.apply(Tick("t1", NOON + 4 * DAY))
    assert both.money("test") == both.money("real") == -5


def test_accounts_change_to_the_agenda_of_their_tenant(both: Partition) -> None:
    """However many others there are: those that fall due by it are found, and no others."""
    both.apply(AdvanceClock("c1", "test", NOON + DAY))
    (own,) = both.state.table(Table.OWN_PERIODS)
    (others,) = both.state.table(Table.PERIODS)
    midnight = NOON + 12 * 3600 * SECOND
    assert others == due_key(midnight, b"real\0a0")
    assert own == b"test\0" + due_key(midnight + DAY, b"test\0a0")
    both.apply(Tick("t1", NOON + 99 * DAY))
    assert due_accounts(10, both.state) == ([], False)


def test_many_accounts_are_folded_in_slices_with_the_same_end() -> None:
    """Also where usage of time comes in between: a tick between the slices moves no slice."""
    ends = []
    for core in (Charging, _Slices):
        partition = Partition(core)
        partition.apply(Tick("t0", NOON))
        partition.open("real", 5, is_test=False)
        partition.open("test", 7, is_test=True)
        partition.apply(AdvanceClock("c1", "test", NOON + 40 * DAY))
        partition.apply(Tick("t1", NOON + DAY))
        partition.apply(AdvanceClock("c2", "test", NOON + 41 * DAY))
        assert core is Charging or partition.go_on() > 0
        partition.settle()
        assert [partition.money("test", f"a{number}") for number in range(7)] == [-42] * 7
        assert [partition.money("real", f"a{number}") for number in range(5)] == [-2] * 5
        ends.append(
            {
                key: value
                for key, value in partition.state.values.items()
                if key[0] in (Table.BALANCES, Table.FEES, Table.PERIODS, Table.OWN_PERIODS)
            }
        )
        made = [charge.record.record_id for charge in partition.effects.rated]
        assert len(made) == len(set(made)) == 7 * 42 + 5 * 2
    assert ends[0] == ends[1]


def test_a_long_advance_is_folded_in_steps_of_bounded_size() -> None:
    partition = Partition()
    partition.apply(Tick("t0", NOON))
    partition.open("test", 4, is_test=True)
    before = len(partition.effects.rated)
    partition.apply(AdvanceClock("c1", "test", NOON + 150 * DAY))
    assert len(partition.effects.rated) - before == 2 * 150
    partition.settle()
    assert [partition.money("test", f"a{number}") for number in range(4)] == [-151] * 4


def test_own_times_are_kept_by_tenant(both: Partition) -> None:
    assert both.state.get(Table.META, OWN_TIMES) is None
    both.apply(AdvanceClock("c1", "test", NOON + DAY))
    assert both.state.get(Table.META, OWN_TIMES) == {"test": NOON + DAY}
