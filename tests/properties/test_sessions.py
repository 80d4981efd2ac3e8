"""Charging sessions: nothing is granted twice, and all that was set aside comes to an end."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Accumulators, Balances
from streams.model.balance_command import TopUp
from streams.model.catalog import (
    Accumulator,
    Allowance,
    Catalog,
    CurrencyRule,
    Graduated,
    Grant,
    Price,
    PriceOffer,
    PricePlan,
    Tier,
    UsageType,
)
from streams.model.charging_session import (
    AnswerCode,
    ChargingAnswer,
    ChargingRequest,
    ChargingSession,
    Reservations,
    ServiceRequest,
    Verb,
)
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, SECOND, Instant
from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan, compile_catalog
from streams.rate.prices.graduated import GraduatedPrice
from streams.state import Effects, Table

START: Instant = 1_740_873_600 * SECOND
"""2025-03-02T00:00:00Z."""
ZERO = Decimal(0)
KEY = b"t\0ada"
NAMES = ("one", "two", "three", "four")


def _plan(prices: tuple[int, ...]) -> Plan:
    bounds = (Decimal(40), Decimal(90), None)
    tiers = [Tier(end, Decimal(price), ZERO) for end, price in zip(bounds, prices, strict=True)]
    return compile_catalog(
        Catalog(
            tenant="t",
            currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
            allowances=(Allowance(id="free", unit="u", usage_units=("u",)),),
            accumulators=(Accumulator(id="used"),),
            usage_types=(UsageType(id="call", units=("u",)),),
            price_plans=(
                PricePlan(
                    id="p",
                    currency="CHF",
                    grants=(Grant(allowance="free", quantity=Decimal(15)),),
                    offers=(
                        PriceOffer(
                            id="calls",
                            usage_type="call",
                            product="calls",
                            start=BEGINNING,
                            prices=(
                                Price(price=Graduated(unit="u", tiers=tiers, reference="used")),
                            ),
                            impacts=("free", "used"),
                        ),
                    ),
                ),
            ),
        )
    )


@dataclass
class Owner:
    """One account in one partition, and all that ever came of it."""

    plan: Plan
    state: MemoryState = field(default_factory=MemoryState)
    at: Instant = START
    charges: list[RatedUsage] = field(default_factory=list)
    granted: dict[str, int] = field(default_factory=dict)
    sequences: Counter[str] = field(default_factory=Counter)
    steps: int = 0

    def __post_init__(self) -> None:
        self.core = Charging(plans={self.plan.version: self.plan}, partitions=1, partition=0)
        self.apply(ActivateCatalog("a", "t", self.plan.version, BEGINNING))
        self.apply(PutAccount("b", "t", "ada", "ada", "prepaid", "CHF", "UTC", None))
        self.apply(AssignService("c", "t", "s", "ada", "ada", "ada/1", "p", BEGINNING, FOREVER))

    def _done(self, effects: Effects) -> None:
        for charge in effects.rated:
            sums: Counter[str] = Counter()
            for posting in charge.postings:
                sums[posting.resource] += posting.amount  # type: ignore[assignment]
            assert not any(sums.values()), charge
        self.charges += effects.rated
        self.core.settle(self.state, effects)

    def apply(self, command: Command) -> None:
        effects = Effects()
        self.core.apply_command(command, state=self.state, effects=effects)
        self._done(effects)

    def ask(self, verb: Verb, name: str, *, asked: int = 0, used: int = 0) -> ChargingAnswer:
        self.sequences[name] += 1
        return self.send(self.request(verb, name, asked=asked, used=used))

    def request(self, verb: Verb, name: str, *, asked: int, used: int) -> ChargingRequest:
        service = ServiceRequest(
            "call",
            (Usage("u", asked),) if asked else (),
            (Usage("u", used),) if used else (),
        )
        sequence = self.sequences[name]
        return ChargingRequest(
            f"{name}/{sequence}", "t", "ada", verb, name, sequence, "s", self.at, (service,), HOUR
        )

    def send(self, request: ChargingRequest) -> ChargingAnswer:
        effects = Effects()
        answer = self.core.ask(request, state=self.state, effects=effects)
        self._done(effects)
        if not answer.is_repeat and request.verb in ("reserve", "extend") and answer.services:
            granted = sum(int(each.quantity) for each in answer.services[0].granted)
            self.granted[request.session] = granted
        return answer

    def use(self, quantity: int) -> None:
        self.steps += 1
        name = f"batch/{self.steps}"
        record = UsageRecord(
            record_id_of(tenant="t", source="x", event_id=name, part=0),
            "t",
            "x",
            name,
            0,
            self.steps,
            0,
            "call",
            "s",
            "ada",
            self.at,
            self.at,
            (Usage("u", quantity),),
            {},
        )
        effects = Effects()
        position = SourcePosition("x", 0, self.steps, 0)
        self.core.charge_record(record, position=position, state=self.state, effects=effects)
        self._done(effects)

    def check(self) -> None:
        """Holds of running sessions are what is reserved, and no money is lost or made."""
        balances: Balances = self.state.get(Table.BALANCES, KEY) or Balances()
        sessions: list[ChargingSession] = list(self.state.table(Table.SESSIONS).values())
        held: Counter[Any] = Counter()
        totals: Counter[Any] = Counter()
        for session in sessions:
            for service in session.services:
                for hold in service.holds:
                    place = (hold.bucket.resource, hold.bucket.start, hold.bucket.id)
                    held[place] += hold.bucket.remaining  # type: ignore[assignment]
                for *total, quantity in service.totals:
                    totals[tuple(total)] += quantity  # type: ignore[assignment]
        for bucket in balances.buckets:
            assert bucket.remaining >= 0
            assert bucket.reserved == held.pop((bucket.resource, bucket.start, bucket.id), 0)
        assert not any(held.values())
        kept: Reservations = self.state.get(Table.RESERVATIONS, KEY) or Reservations()
        assert kept.sessions == len(sessions)
        assert {total[:3]: total[3] for total in kept.totals} == {
            total: quantity for total, quantity in totals.items() if quantity
        }
        assert len(self.state.table(Table.SESSION_ENDS)) == len(sessions)
        assert set(self.state.table(Table.ACCOUNT_SESSIONS)) == {
            f"{each.tenant}\0{each.account}\0{each.session}".encode() for each in sessions
        }
        money = sum(
            (
                Decimal(b.remaining) + Decimal(b.reserved)
                for b in balances.buckets
                if not b.id and b.resource == "CHF"
            ),
            ZERO,
        )
        booked = sum(
            (
                Decimal(posting.amount)
                for charge in self.charges
                for posting in charge.postings
                if posting.ledger_account == "account" and posting.resource == "CHF"
            ),
            ZERO,
        )
        assert money == booked

    @property
    def overrun(self) -> Decimal:
        return sum(
            (
                Decimal(posting.amount)
                for charge in self.charges
                for posting in charge.postings
                if posting.ledger_account == "overrun"
            ),
            ZERO,
        )


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "extend", "confirm", "release", "tick", "top_up", "repeat"]),
        st.sampled_from(NAMES),
        st.integers(1, 60),
        st.integers(0, 100),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(steps=steps, prices=st.sampled_from([(1, 2, 3), (3, 2, 1), (2, 2, 2)]))
def test_no_more_is_granted_than_there_is(
    steps: list[tuple[str, str, int, int]], prices: tuple[int, ...]
) -> None:
    owner = Owner(_plan(prices))
    last: ChargingRequest | None = None
    answer: ChargingAnswer | None = None
    for word, name, quantity, percent in steps:
        owner.at += SECOND
        before = owner.state.values.copy()
        if word == "tick":
            owner.at += quantity * 2 * 60 * SECOND
            owner.apply(Tick(f"tick/{owner.at}", owner.at))
            last = None  # its session may have ended since: the first answer counts no more
        elif word == "top_up":
            amount = Decimal(quantity)
            owner.apply(TopUp(f"top/{owner.at}", "t", "ada", "ada", amount, "CHF", owner.at, ""))
        elif word == "repeat":
            if last is not None and answer is not None:
                again = owner.send(last)
                assert (again.is_repeat, again.services) == (True, answer.services)
                assert owner.state.values == before
        else:
            used = owner.granted.get(name, 0) * percent // 100 if word != "reserve" else 0
            owner.sequences[name] += 1
            last = owner.request(
                word,  # type: ignore[arg-type]
                name,
                asked=quantity if word in ("reserve", "extend") else 0,
                used=used,
            )
            answer = owner.send(last)
            if answer.code == AnswerCode.UNKNOWN_SESSION:
                assert owner.state.values == before
                last = None
            if word in ("confirm", "release"):
                owner.granted.pop(name, None)
        owner.check()
    owner.apply(Tick("end", owner.at + DAY))
    owner.check()
    assert not owner.state.table(Table.SESSIONS)
    assert owner.overrun == 0
    counted: Accumulators = owner.state.get(Table.ACCUMULATORS, KEY) or Accumulators()
    used = sum(int(usage.quantity) for c in owner.charges if c.lines for usage in c.record.usages)
    assert sum(total[3] for total in counted.totals if total[0] == "used") == used


@settings(deadline=None)
@given(
    asked=st.lists(st.tuples(st.integers(1, 45), st.booleans()), min_size=1, max_size=12),
    used=st.integers(0, 100),
    prices=st.sampled_from([(1, 2, 3), (3, 2, 1)]),
)
def test_where_no_tier_is_near_one_try_says_what_two_would(
    asked: list[tuple[int, bool]], used: int, prices: tuple[int, ...]
) -> None:
    def run(answers: list[ChargingAnswer]) -> dict[Any, Any]:
        owner = Owner(_plan(prices))
        owner.apply(TopUp("w", "t", "ada", "ada", Decimal(220), "CHF", START, ""))
        if used:
            owner.use(used)
        for number, (quantity, ends) in enumerate(asked):
            answers.append(owner.ask("reserve", f"{number}", asked=quantity))
            if ends and owner.granted[f"{number}"]:
                granted = owner.granted[f"{number}"]
                answers.append(owner.ask("confirm", f"{number}", used=granted))
        return owner.state.values

    quickly, surely = list[ChargingAnswer](), list[ChargingAnswer]()
    left = run(quickly)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GraduatedPrice, "room", lambda *_: 0)
        assert run(surely) == left
    assert quickly == surely


@settings(deadline=None)
@given(asked=st.lists(st.integers(1, 30), min_size=1, max_size=6), wallet=st.integers(0, 60))
def test_what_is_granted_at_once_can_be_used_in_any_order(asked: list[int], wallet: int) -> None:
    owner = Owner(_plan((1, 2, 3)))
    if wallet:
        owner.apply(TopUp("w", "t", "ada", "ada", Decimal(wallet), "CHF", START, ""))
    names = [f"{number}" for number in range(len(asked))]
    for name, quantity in zip(names, asked, strict=True):
        owner.ask("reserve", name, asked=quantity)
        owner.check()
    for name in reversed(names):
        if owner.granted.get(name):
            answer = owner.ask("confirm", name, used=owner.granted[name])
            assert answer.code == AnswerCode.SUCCESS
        owner.check()
    assert owner.overrun == 0


@pytest.mark.parametrize("used", [1, 30])
def test_usage_that_has_happened_takes_what_no_session_holds(used: int) -> None:
    owner = Owner(_plan((1, 1, 1)))
    owner.apply(TopUp("w", "t", "ada", "ada", Decimal(10), "CHF", START, ""))
    owner.ask("reserve", "one", asked=20)
    assert owner.granted["one"] == 20
    owner.use(used)
    owner.check()
    assert owner.overrun == -max(0, used - 5)
    answer = owner.ask("confirm", "one", used=20)
    owner.check()
    assert answer.services[0].amount == 5
    assert owner.overrun == -max(0, used - 5)
