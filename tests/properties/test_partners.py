"""What customers bring reaches their partners once, whatever order partitions talk in."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.charge import Charging
from streams.due.commission import COMMISSION
from streams.memory import MemoryState
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    AssignService,
    Command,
    OutboxMessage,
    PutAccount,
    Receipt,
    Relayed,
    Tick,
)
from streams.model.commission import CommissionPlan, Level, Milestone, partner_total
from streams.model.eligibility import Step
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant
from streams.model.money import Quantity
from streams.model.partner import Partner, RevenueShare
from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.partition import partition_of
from streams.rate.plan import Plan, compile_catalog
from streams.state import Effects, Table
from tests.properties.worlds import START, TENANT

PARTITIONS = 3
CUSTOMERS = 5
END: Instant = START + 31 * DAY
QUICK = settings(max_examples=40, deadline=None)

CATALOG = Catalog(
    tenant=TENANT,
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(UsageType(id="call", units=("u",)),),
    price_plans=(
        PricePlan(
            id="plan",
            currency="CHF",
            offers=(
                PriceOffer(
                    id="calls",
                    usage_type="call",
                    product="calls",
                    start=BEGINNING,
                    prices=(Price(price=PerUnit(amounts={"u": Decimal("0.333")})),),
                ),
            ),
        ),
    ),
    partners=(
        Partner(id="above", currency="CHF", account="above-ag", tier="base"),
        Partner(id="below", currency="CHF", account="below-ag", tier="base", of="above"),
    ),
    commission_plans=(
        CommissionPlan(
            id="growth",
            every=BillingPeriod(id="week", unit="week"),
            currency="CHF",
            milestones=(Milestone(Decimal(100), Decimal(5)),),
            tiers=(Step(Decimal(0), Decimal("1.5")),),
            levels=(Level(Decimal(50), "silver"), Level(Decimal(150), "gold")),
        ),
        CommissionPlan(
            id="units",
            every=BillingPeriod(id="month", unit="month"),
            currency="CHF",
            sums="quantity",
            units=("u",),
            milestones=(Milestone(Decimal(500), Decimal(7)),),
        ),
    ),
    revenue_shares=(
        RevenueShare(
            id="sale",
            partner_from="account.partner",
            partner_tiers={"base": Decimal(1), "silver": Decimal(2), "gold": Decimal(3)},
        ),
    ),
)
PLAN = compile_catalog(CATALOG)
TEST_PLAN = compile_catalog(replace(CATALOG, is_test=True))


@dataclass
class Call:
    """A call of a customer, so long after the beginning."""

    customer: int
    hours: int
    units: Quantity


class Network:
    """Partitions and what they say to each other, delivered in any order, some of it twice.

    `plan` may be that of a test, whose time goes by `AdvanceClock`.
    """

    def __init__(self, random: Random, plan: Plan = PLAN) -> None:
        self.plan = plan
        self.random = random
        self.states = [MemoryState() for _ in range(PARTITIONS)]
        self.cores = [
            Charging(plans={plan.version: plan}, partitions=PARTITIONS, partition=number)
            for number in range(PARTITIONS)
        ]
        self.rated: list[RatedUsage] = []
        self.waiting: list[tuple[int, OutboxMessage]] = []
        self.everywhere(ActivateCatalog("activate", TENANT, plan.version, BEGINNING))
        for account in ("above-ag", "below-ag"):
            self.send(account, self.account(account, {}))
        for number in range(CUSTOMERS):
            account = f"c{number}"
            partner = "below" if number % 2 else "above"
            self.send(account, self.account(account, {"partner": partner}))
            assign = AssignService(
                f"s{number}", TENANT, f"s{number}", account, account, "", "plan", BEGINNING, FOREVER
            )
            self.send(account, assign)

    def account(self, name: str, attributes: dict[str, str]) -> PutAccount:
        """The command that opens an account."""
        return PutAccount(
            f"put:{name}", TENANT, name, name, "postpaid", "CHF", "UTC", None, attributes
        )

    def send(self, root: str, command: Command) -> None:
        """To the root's home."""
        self.apply(partition_of(TENANT, root, PARTITIONS), command)

    def everywhere(self, command: Command) -> None:
        """To all partitions, the first of them any."""
        for number in self.random.sample(range(PARTITIONS), PARTITIONS):
            self.apply(number, command)

    def apply(self, number: int, command: Command) -> None:
        """One step of a partition."""
        effects = Effects()
        core, state = self.cores[number], self.states[number]
        core.apply_command(command, state=state, effects=effects)
        self._take(number, effects)

    def charge(self, call: Call, number: int) -> None:
        """One record, at the home of its customer."""
        account = f"c{call.customer}"
        home = partition_of(TENANT, account, PARTITIONS)
        at = START + call.hours * HOUR
        record_id = record_id_of(tenant=TENANT, source="s", event_id=str(number), part=0)
        record = UsageRecord(
            record_id, TENANT, "s", str(number), 0, number, 0, "call", f"s{call.customer}",
            account, at, at, (Usage("u", call.units),), {},
        )  # fmt: skip
        effects = Effects()
        position = SourcePosition("usage", 0, number, 0)
        core, state = self.cores[home], self.states[home]
        core.charge_record(record, position=position, state=state, effects=effects)
        self._take(home, effects)

    def _take(self, number: int, effects: Effects) -> None:
        self.cores[number].settle(self.states[number], effects)
        assert not effects.verdicts
        self.rated += effects.rated
        self.waiting += [(number, message) for message in effects.outbox]

    def deliver(self) -> None:
        """Until nothing is under way any more."""
        while self.waiting:
            messages, self.waiting = self.waiting, []
            messages += self.random.sample(messages, len(messages) // 2)
            self.random.shuffle(messages)
            for sender, message in messages:
                self.apply(message.partition, message.command)
                assert isinstance(message.command, Relayed)
                self.apply(sender, Receipt("", message.partition, message.message_id))

    def time(self, at: Instant) -> None:
        """The time comes, and all is said that there is to say."""
        if self.plan.is_test:
            self.everywhere(AdvanceClock(f"advance/{at}", TENANT, at))
        else:
            self.everywhere(Tick(f"tick/{at}", at))
        self.deliver()

    def settled(self) -> dict[bytes, RatedUsage]:
        """The settlements by their id."""
        return {
            each.record.record_id: each
            for each in self.rated
            if each.record.usage_type == COMMISSION
        }


calls = st.lists(
    st.builds(Call, st.integers(0, CUSTOMERS - 1), st.integers(0, 30 * 24), st.integers(1, 200)),
    max_size=25,
)


def _month(random: Random, usage: list[Call], step: Instant, plan: Plan = PLAN) -> Network:
    """A month of usage in the order of time, and the time it takes to settle it."""
    network = Network(random, plan)
    now = START
    for number, call in enumerate(sorted(usage, key=lambda each: each.hours)):
        while now + step <= START + call.hours * HOUR:
            now += step
            network.time(now)
        network.charge(call, number)
    while now < END + 10 * DAY:
        now += step
        network.time(now)
    return network


@QUICK
@given(usage=calls, first=st.integers(), second=st.integers())
def test_the_order_of_messages_changes_nothing(usage: list[Call], first: int, second: int) -> None:
    one, other = (_month(Random(seed), usage, 6 * HOUR) for seed in (first, second))
    assert one.settled() == other.settled()
    for table in (Table.PARTNER_TIERS, Table.ACCUMULATORS, Table.COUNTERS):
        for mine, its in zip(one.states, other.states, strict=True):
            assert mine.table(table) == its.table(table)
    assert not any(state.table(Table.OUTBOX) for state in one.states)
    tiers = [state.table(Table.PARTNER_TIERS) for state in one.states]
    assert all(each == tiers[0] for each in tiers)


@QUICK
@given(usage=calls, seed=st.integers(), hours=st.integers(1, 400))
def test_what_customers_brought_is_with_their_partners_once(
    usage: list[Call], seed: int, hours: int
) -> None:
    network = _month(Random(seed), usage, hours * HOUR)
    below = {f"c{number}" for number in range(CUSTOMERS) if number % 2}
    charged = [each for each in network.rated if each.record.usage_type == "call"]
    for partner, mine in (
        ("above", charged),
        ("below", [c for c in charged if c.account in below]),
    ):
        for plan, brought in (
            ("growth", sum((each.amount for each in mine), Decimal(0))),
            ("units", sum(use.quantity for each in mine for use in each.record.usages)),
        ):
            assert _with_partner(network, plan, partner) == brought


@QUICK
@given(usage=calls, one=st.integers(), other=st.integers(), hours=st.integers(1, 24))
def test_a_test_tenants_own_time_settles_as_ticks_do(
    usage: list[Call], one: int, other: int, hours: int
) -> None:
    """On several partitions that reach a time one by one, with all said before the next step."""
    by_ticks = _month(Random(one), usage, hours * HOUR)
    by_own = _month(Random(other), usage, hours * HOUR, TEST_PLAN)
    assert {key: _told(each) for key, each in by_own.settled().items()} == {
        key: _told(each) for key, each in by_ticks.settled().items()
    }
    for table in (Table.PARTNER_TIERS, Table.ACCUMULATORS, Table.COUNTERS):
        for mine, its in zip(by_own.states, by_ticks.states, strict=True):
            assert mine.table(table) == its.table(table)
    assert not any(state.table(Table.OUTBOX) for state in by_own.states)
    assert all(not state.table(Table.PERIODS) for state in by_own.states)


def _told(charge: RatedUsage) -> RatedUsage:
    return replace(charge, catalog_version="")


def _with_partner(network: Network, plan: str, partner: str) -> Decimal:
    """What is settled, and what still waits to be told or settled."""
    total = Decimal(0)
    for charge in network.settled().values():
        told = charge.record.attributes
        if (told["commission_plan"], told["partner"]) == (plan, partner):
            total += Decimal(charge.record.usages[0].quantity)
    for state in network.states:
        for held in state.table(Table.ACCUMULATORS).values():
            for name, _, _, quantity in held.totals:
                found = partner_total(name)
                assert found is not None
                if (found.plan, found.partner) == (plan, partner):
                    total += Decimal(quantity)
    return total
