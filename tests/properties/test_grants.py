"""Grants against a model that goes from hour to hour and knows nothing of how it is done."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import (
    Allowance,
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.grant import RollOver
from streams.model.instant import BEGINNING, FOREVER, HOUR
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table

FIRST: Final = 1_740_787_200 * 1_000_000
"""2025-03-01T00:00:00Z: hour 0 of the model."""
NEVER: Final = 10**6
KEY: Final = b"t\0ada"
ALLOWANCES: Final = ("free", "bonus")
NAMES: Final = st.sampled_from(["g1", "g2", "g3", "g4"])
CATALOG: Final = Catalog(
    tenant="t",
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(UsageType(id="x", units=("u",)),),
    allowances=tuple(Allowance(id=name, unit="u", usage_units=("u",)) for name in ALLOWANCES),
    price_plans=(
        PricePlan(
            id="plan",
            currency="CHF",
            offers=(
                PriceOffer(
                    id="offer",
                    usage_type="x",
                    product="x",
                    start=BEGINNING,
                    impacts=ALLOWANCES,
                    prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
                ),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Terms:
    """What was granted; times are hours."""

    name: str
    allowance: str
    quantity: int
    start: int
    end: int
    priority: int
    daily: bool
    most: int | None
    days: int


@dataclass
class Held:
    """A bucket of the model."""

    name: str
    allowance: str
    start: int
    end: int
    priority: int
    left: int
    rolls: tuple[int, int] | None = None


@dataclass
class Model:
    """What an account has of grants, one hour after the other."""

    now: int = 0
    grants: list[Terms] = field(default_factory=list)
    buckets: list[Held] = field(default_factory=list)

    def grant(self, terms: Terms) -> None:
        """It opens at once; what of it is closed by now is nothing."""
        if terms.name in {each.name for each in [*self.grants, *self.buckets]}:
            return
        self._open(terms, terms.start)
        for hour in range(terms.start + 1, self.now + 1):
            if terms.daily and hour % 24 == 0 and hour < terms.end:
                self._open(terms, hour)
        if terms.daily and _midnight(max(self.now, terms.start)) < terms.end:
            self.grants.append(terms)

    def void(self, name: str) -> None:
        """Nothing is left of it."""
        self.grants = [each for each in self.grants if each.name != name]
        names = (name, f"{name}+rolled")
        self.buckets = [each for each in self.buckets if each.name not in names]

    def wait(self, hours: int) -> None:
        """Time goes by."""
        for hour in range(self.now + 1, self.now + hours + 1):
            for terms in list(self.grants):
                if hour % 24 == 0 and terms.start < hour < terms.end:
                    self._open(terms, hour)
                if _midnight(max(hour, terms.start)) >= terms.end:
                    self.grants.remove(terms)
            self._close(hour)
        self.now += hours

    def use(self, quantity: int) -> int:
        """What no bucket covers."""
        burning = [each for each in self.buckets if each.start <= self.now < each.end]
        for each in sorted(burning, key=lambda one: (one.priority, one.end, one.start, one.name)):
            taken = min(each.left, quantity)
            each.left -= taken
            quantity -= taken
        return quantity

    def _open(self, terms: Terms, start: int) -> None:
        end, rolls = terms.end, None
        if terms.daily:
            end = min(end, _midnight(start))
        if end + 1 <= self.now:
            return
        if terms.daily:
            until = min(_midnight(end - 1) + 24 * terms.days, terms.end)
            if terms.days and until > end:
                most = terms.quantity if terms.most is None else min(terms.quantity, terms.most)
                rolls = (most, until)
        self.buckets.append(
            Held(terms.name, terms.allowance, start, end, terms.priority, terms.quantity, rolls)
        )

    def _close(self, hour: int) -> None:
        """An hour after a bucket's end what rolls over goes on, and the rest is lost."""
        for each in list(self.buckets):
            if each.end + 1 != hour:
                continue
            if each.rolls is not None and each.left:
                most, until = each.rolls
                kept = min(each.left, most)
                name = f"{each.name}+rolled"
                before = [
                    other
                    for other in self.buckets
                    if other.name == name
                    and other.end > each.end
                    and other.allowance == each.allowance
                ]
                excess = max(0, sum(other.left for other in before) + kept - most)
                for other in sorted(before, key=lambda one: (one.priority, one.end, one.start)):
                    lost = min(other.left, excess)
                    other.left -= lost
                    excess -= lost
                self.buckets.append(replace(each, name=name, end=until, left=kept, rolls=None))
            self.buckets.remove(each)


def _midnight(hour: int) -> int:
    """The first one after the hour."""
    return (hour // 24 + 1) * 24


def _at(hour: int) -> int:
    return FOREVER if hour == NEVER else FIRST + hour * HOUR


class Grants(RuleBasedStateMachine):
    """Grant, void, use, wait: after each step both have the same."""

    @initialize()
    def begin(self) -> None:
        """One account, one service."""
        plan = compile_catalog(CATALOG)
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self.state, self.effects, self.model = MemoryState(), Effects(), Model()
        self.number = self.charged = 0
        self._apply(ActivateCatalog("c", "t", plan.version, BEGINNING))
        self._apply(PutAccount("a", "t", "ada", "ada", "postpaid", "CHF", "UTC", None))
        service = AssignService("s", "t", "s", "ada", "ada", "s", "plan", BEGINNING, FOREVER)
        self._apply(service)
        self._apply(Tick("first", FIRST))

    def _apply(self, command: Command) -> None:
        step = Effects()
        self.core.apply_command(command, state=self.state, effects=step)
        self.core.settle(self.state, step)
        self.effects.extend(step)

    @rule(
        name=NAMES,
        allowance=st.sampled_from(ALLOWANCES),
        quantity=st.integers(1, 50),
        since=st.integers(-60, 60),
        hours=st.one_of(st.integers(1, 120), st.just(NEVER)),
        priority=st.integers(-1, 1),
        daily=st.booleans(),
        most=st.one_of(st.none(), st.integers(1, 60)),
        days=st.integers(0, 3),
    )
    def grant(self, since: int, hours: int, **words: Any) -> None:
        """From before or after now, for a while or for good, once or daily."""
        self.number += 1
        start = self.model.now + since
        end = NEVER if hours == NEVER else start + hours
        terms = Terms(start=start, end=end, **words)
        self.model.grant(terms)
        bound = None if terms.most is None else Decimal(terms.most)
        command = GrantAllowance(
            f"g{self.number}",
            "t",
            "ada",
            "ada",
            terms.name,
            terms.allowance,
            Decimal(terms.quantity),
            _at(start),
            _at(end),
            priority=terms.priority,
            every=BillingPeriod(id="day", unit="day") if terms.daily else None,
            roll_over=RollOver(quantity=bound, periods=terms.days) if terms.days else None,
        )
        self._apply(command)
        self._apply(command)

    @rule(name=NAMES)
    def void(self, name: str) -> None:
        """Of a grant that may not be there."""
        self.number += 1
        self.model.void(name)
        self._apply(VoidGrant(f"v{self.number}", "t", "ada", "ada", name, _at(self.model.now)))

    @rule(hours=st.integers(1, 80))
    def wait(self, hours: int) -> None:
        """A tick."""
        self.model.wait(hours)
        self._apply(Tick("tick", _at(self.model.now)))

    @rule(quantity=st.integers(1, 90))
    def use(self, quantity: int) -> None:
        """Usage of now."""
        self.number += 1
        at, name = _at(self.model.now), f"u{self.number}"
        record_id = record_id_of(tenant="t", source="s", event_id=name, part=0)
        usages = (Usage("u", quantity),)
        record = UsageRecord(
            record_id, "t", "s", name, 0, self.number, 0, "x", "s", "ada", at, at, usages, {}
        )
        step = Effects()
        position = SourcePosition("t", 0, self.number, 0)
        self.core.charge_record(record, position=position, state=self.state, effects=step)
        self.core.settle(self.state, step)
        self.effects.extend(step)
        self.charged += self.model.use(quantity)

    @invariant()
    def both_have_the_same(self) -> None:
        """Each bucket, the money, and nothing out of nothing."""
        held: Balances = self.state.get(Table.BALANCES, KEY) or Balances()
        found = sorted(
            (each.id, each.resource, each.start, each.end, each.remaining)
            for each in held.buckets
            if each.resource in ALLOWANCES
        )
        expected = sorted(
            (each.name, each.allowance, _at(each.start), _at(each.end), each.left)
            for each in self.model.buckets
        )
        assert found == expected
        money = [each.remaining for each in held.buckets if each.resource == "CHF"]
        assert sum(money) == -self.charged
        for name in ALLOWANCES:
            liability = self.state.get(Table.COUNTERS, f"t\0allowance_liability\0{name}".encode())
            assert -(liability or 0) == sum(each[4] for each in found if each[1] == name)
        for charge in self.effects.rated:
            for resource in {leg.resource for leg in charge.postings}:
                legs = [leg.amount for leg in charge.postings if leg.resource == resource]
                assert sum(legs) == 0
        ids = [charge.record.record_id for charge in self.effects.rated]
        assert len(set(ids)) == len(ids)


TestGrants = Grants.TestCase
TestGrants.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
