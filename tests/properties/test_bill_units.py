"""Each charge belongs to one bill unit of its account, and what is billed does not change."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Account
from streams.model.balance_command import Adjust, TopUp
from streams.model.billing import CALENDAR, BilledUnits, Billing
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant
from streams.model.rated import RatedUsage
from streams.model.usage import MADE, SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan
from streams.state import Effects, Table

START: Instant = 1_772_323_200_000_000
"""2026-03-01T00:00:00Z: the clock changes at the end of the month."""
ZONE = "Europe/Zurich"
GRACE = HOUR
KEY = b"t\0ada"
CATALOG = """
tenant: t
currencies: [{code: CHF}]
usage_types: [{id: talk, units: [words]}]
allowances: [{id: free, unit: words, usage_units: [words]}]
price_plans:
  - id: plan
    currency: CHF
    grants: [{allowance: free, quantity: 100}]
    fees:
      - {id: base, amount: 30, every: week}
      - {id: care, amount: 10, every: month, charged: arrears}
    offers:
      - id: talks
        usage_type: talk
        from: 2020-01-01
        impacts: [free]
        prices: [{per_unit: {amounts: {words: 0.01}}}]
"""

DAYS = st.integers(0, 70 * 24)
"""Hours, so that both sides of ends are met."""
CYCLES = st.one_of(
    st.builds(BillingPeriod, id=st.just("b"), unit=st.just("month"), day=st.integers(1, 31)),
    st.builds(BillingPeriod, id=st.just("b"), unit=st.just("week"), weekday=st.integers(0, 6)),
    st.builds(
        BillingPeriod, id=st.just("b"), unit=st.just("day"), every=st.integers(3, 20),
        anchor=st.just(START),
    ),
)  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.integers(1, 200)),
        st.tuples(st.just("use"), st.integers(-160, 30)),
        st.tuples(st.just("bill"), st.integers(0, 40)),
        st.tuples(st.just("adjust"), st.integers(-900, 900)),
        st.tuples(st.just("top_up"), st.integers(-900, 900)),
        st.tuples(st.just("assign"), st.integers(-900, 300)),
        st.tuples(st.just("profile"), st.tuples(CYCLES, st.integers(-40, 200), DAYS)),
    ),
    max_size=40,
)
Steps = Sequence[tuple[str, Any]]


@cache
def plan() -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "catalog.yaml").write_text(CATALOG)
        return compile_plan(load_catalog(Path(folder)))


class Ada:
    """One account, what is done to it, and what each step charged."""

    def __init__(self) -> None:
        self.core = Charging(plans={plan().version: plan()}, partitions=1, partition=0)
        self.state = MemoryState()
        self.effects = Effects()
        self.time = START
        self.totals: dict[Instant, list[RatedUsage]] = defaultdict(list)
        self.frozen: dict[Instant, list[RatedUsage]] = {}
        self.charges: list[RatedUsage] = []
        self.number = 0
        self.apply(ActivateCatalog("c", "t", plan().version, BEGINNING))
        self.apply(PutAccount("a", "t", "ada", "ada", "postpaid", "CHF", ZONE, None))
        self.apply(
            AssignService("s", "t", "k", "ada", "ada", "1", "plan", START - 9 * DAY, FOREVER)
        )
        self.apply(Tick("first", START))

    @property
    def billing(self) -> Billing:
        account: Account = self.state.get(Table.ACCOUNTS, KEY)
        return account.billing or CALENDAR

    def apply(self, command: Command) -> None:
        self.core.apply_command(command, state=self.state, effects=self.effects)

    def use(self, at: Instant) -> None:
        name = f"u{self.number}"
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0),
            "t", "s", name, 0, self.number, 0, "talk", "k", "ada", at, at, (Usage("words", 70),),
            {},
        )  # fmt: skip
        where = SourcePosition("t", 0, self.number, 0)
        self.core.charge_record(record, position=where, state=self.state, effects=self.effects)

    def do(self, step: tuple[str, Any]) -> None:
        word, said = step
        self.number += 1
        name, time = f"{word}/{self.number}", self.time
        if word == "tick":
            self.time += said * HOUR
            self.apply(Tick(name, self.time))
        elif word == "use":
            self.use(time + said * HOUR)
        elif word == "bill":
            unit = self.billing.unit_at(time - said * DAY, ZONE)
            self.apply(MarkBilled(name, "t", "ada", "ada", unit.start, f"I-{said % 3}", time))
        elif word == "adjust":
            at, amount = time + said * HOUR, Decimal(said or 1)
            self.apply(Adjust(name, "t", "ada", "ada", amount, "CHF", at, "sorry"))
        elif word == "top_up":
            at = time + said * HOUR
            self.apply(TopUp(name, "t", "ada", "ada", Decimal(3), "CHF", at, ""))
        elif word == "assign":
            start = time + said * HOUR
            self.apply(AssignService(name, "t", name, "ada", "ada", name, "plan", start, FOREVER))
        else:
            cycle, start, grace = said
            self.apply(
                PutBillingProfile(
                    name, "t", "ada", "ada", cycle, time + start * HOUR, grace * HOUR, "", time
                )
            )

    def take(self) -> list[RatedUsage]:
        made, self.effects = self.effects.rated, Effects()
        for charge in made:
            self.totals[charge.bill_unit].append(charge)
        self.charges += made
        billed: BilledUnits = self.state.get(Table.BILLED_UNITS, KEY) or BilledUnits()
        for unit in billed.units:
            self.frozen.setdefault(unit.start, list(self.totals[unit.start]))
        return made


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_a_charge_belongs_to_a_unit_that_takes_it(steps: Steps) -> None:
    ada = Ada()
    ada.take()
    for step in steps:
        before = ada.billing
        ada.do(step)
        billing = ada.billing
        for charge in ada.take():
            unit = before.unit_at(charge.bill_unit, ZONE)
            assert unit.start == charge.bill_unit
            assert unit.end > before.billed_until
            if charge.position.topic_id != MADE or step[0] in ("adjust", "top_up"):
                assert not before.is_closed(unit, ada.time, GRACE)
            if charge.position.topic_id != MADE:
                at, own = charge.record.occurred_at, before.unit_at(charge.record.occurred_at, ZONE)
                is_late = before.is_closed(own, ada.time, GRACE)
                assert is_late == (charge.bill_unit != own.start)
                assert unit.start <= (ada.time if is_late else at) < unit.end
        if step[0] == "bill" and billing != before:
            assert ada.billing.billed_until + GRACE <= ada.time
    for start, charges in ada.frozen.items():
        assert ada.totals[start] == charges
    assert sum(map(len, ada.totals.values())) == len(ada.charges)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_done_again_it_is_the_same(steps: Steps) -> None:
    both = []
    for _ in range(2):
        ada = Ada()
        for step in steps:
            ada.do(step)
        ada.take()
        both.append(msgspec.msgpack.encode([ada.charges, sorted(ada.state.values.items())]))
    assert both[0] == both[1]
