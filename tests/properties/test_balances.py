"""Balances of every kind against a ledger kept by hand: equal after each of many operations."""

from decimal import Decimal
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.balance_command import (
    Adjust,
    GrantAllowance,
    JoinPool,
    LeavePool,
    TopUp,
    Transfer,
    VoidGrant,
)
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
from streams.model.command import Tick
from streams.model.instant import BEGINNING, FOREVER, HOUR, Instant, month_of
from streams.model.pool import Membership, PoolCap, PoolOrder
from streams.rate.plan import compile_catalog
from tests.properties.ledger_by_hand import EVER, MEMBERS, POOL, ByHand, Member, Purse
from tests.properties.partitions import TENANT, Engine

START: Final[Instant] = 1_767_225_600_000_000
ROOTS: Final = {POOL: POOL, "ann": POOL, "bob": POOL, "eve": "eve", "ian": "ian"}
LIMITS: Final = {"ian": 50}
_OFFER = PriceOffer(
    id="o",
    usage_type="x",
    product="x",
    start=BEGINNING,
    prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
    impacts=("min",),
)
PLAN = compile_catalog(
    Catalog(
        tenant=TENANT,
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(UsageType(id="x", units=("u",)),),
        allowances=(Allowance(id="min", unit="min", usage_units=("u",)),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(_OFFER,)),),
        grace=0,
    )
)
_KINDS: Final = ("use",) * 6 + (
    "top_up",
    "wallet",
    "grant",
    "void",
    "give",
    "adjust",
    "pool",
    "wait",
)


class Both:
    """The engine and the ledger by hand, told the same things, and asked the same questions."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        limits = {account: Decimal(limit) for account, limit in LIMITS.items()}
        self.engine = Engine(PLAN, ROOTS, limits)
        self.hand = ByHand(tuple(ROOTS), dict(LIMITS))
        self.hour = 0
        self.number = 0
        self._wait(0)

    def step(self) -> None:
        """Any operation, a moment after the last one, and everything compared."""
        self.number += 1
        self._wait(1)
        getattr(self, f"_{self.dice.choice(_KINDS)}")(self.dice.choice(tuple(ROOTS)))
        self.compare()

    def compare(self) -> None:
        """Each account holds the same, and the counter-accounts say what became of the rest."""
        engine, hand = self.engine, self.hand
        for account in ROOTS:
            found = {
                (each.resource, each.id): each.remaining
                for each in engine.buckets(account)
                if each.remaining
            }
            assert found == hand.held(account), (self.number, account)
        assert engine.counter("overrun") == -hand.overrun
        assert engine.counter("funding") == -hand.funded
        assert engine.counter("adjustment") == -hand.adjusted
        assert engine.counter("breakage") == hand.breakage
        assert engine.counter("in_transit") == engine.counter("in_transit", "min") == 0
        minutes = sum(
            left for name in ROOTS for (what, _), left in hand.held(name).items() if what == "min"
        )
        assert engine.counter("allowance_liability", "min") == -minutes
        assert engine.refused == hand.refused

    @property
    def now(self) -> Instant:
        return START + self.hour * HOUR

    def _wait(self, hours: int | str) -> None:
        self.hour += hours if isinstance(hours, int) else self.dice.randrange(1, 200)
        self.engine.everywhere(Tick(f"tick-{self.hour}", self.now))
        self.hand.expire(self.hour)

    def _end(self) -> int:
        return self.dice.choice((EVER, self.hour + self.dice.randrange(1, 300)))

    def _use(self, account: str) -> None:
        units = self.dice.randrange(1, 60)
        self.engine.use(account, units, self.now)
        self.hand.use(account, units, self.hour, month_of(self.now, "UTC").start)

    def _top_up(self, account: str) -> None:
        self._fund(account, None)

    def _wallet(self, account: str) -> None:
        amount, priority = self.dice.randrange(1, 80), self.dice.randrange(-2, 3)
        name = f"w{self.number}"
        self._fund(account, Purse("CHF", self.hour, self._end(), amount, name, priority))

    def _fund(self, account: str, wallet: Purse | None) -> None:
        amount = self.dice.randrange(1, 80) if wallet is None else wallet.left
        name, root = f"top-up-{self.number}", ROOTS[account]
        more = () if wallet is None else (wallet.name, wallet.priority, _instant(wallet.end))
        command = TopUp(name, TENANT, account, root, Decimal(amount), "CHF", self.now, "", *more)
        for _ in range(2):
            self.engine.apply(account, command)
        self.hand.top_up(account, amount, wallet)

    def _grant(self, account: str) -> None:
        start = self.hour + self.dice.randrange(-50, 50)
        end, priority = self._end(), self.dice.randrange(-2, 3)
        quantity, name = self.dice.randrange(1, 80), f"g{self.dice.randrange(8)}"
        if end <= max(start, self.hour):
            return
        command = GrantAllowance(
            f"grant-{self.number}",
            TENANT,
            account,
            ROOTS[account],
            name,
            "min",
            Decimal(quantity),
            _instant(start),
            _instant(end),
            priority=priority,
        )
        self.engine.apply(account, command)
        self.hand.grant(account, Purse("min", start, end, quantity, name, priority))

    def _void(self, account: str) -> None:
        name = f"g{self.dice.randrange(8)}"
        void = f"void-{self.number}"
        command = VoidGrant(void, TENANT, account, ROOTS[account], name, self.now)
        self.engine.apply(account, command)
        self.hand.void(account, name)

    def _give(self, account: str) -> None:
        to, resource = self.dice.choice(tuple(ROOTS)), self.dice.choice(("CHF", "min"))
        amount, name = self.dice.randrange(1, 60), f"give-{self.number}"
        gift = Transfer(
            name, TENANT, account, ROOTS[account], to, ROOTS[to], resource, amount, self.now
        )
        for _ in range(2):
            self.engine.apply(account, gift)
        self.hand.give(account, to, resource, amount, self.hour, name)

    def _adjust(self, account: str) -> None:
        amount = self.dice.choice((1, -1)) * self.dice.randrange(1, 50)
        name, root = f"adjust-{self.number}", ROOTS[account]
        command = Adjust(name, TENANT, account, root, Decimal(amount), "CHF", self.now, "why")
        self.engine.apply(account, command)
        self.hand.adjust(account, amount)

    def _pool(self, _account: str) -> None:
        account, name = self.dice.choice(MEMBERS), f"pool-{self.number}"
        if self.hand.members.pop(account, None) is not None:
            leave = LeavePool(name, TENANT, account, POOL, POOL, self.now)
            self.engine.apply(account, leave)
            return
        order: PoolOrder = self.dice.choice(("own_first", "pool_first"))
        capped = [each for each in ("CHF", "min") if self.dice.random() < 0.4]
        caps = {resource: self.dice.randrange(0, 90) for resource in capped}
        membership = Membership(
            POOL,
            self.now,
            FOREVER,
            order,
            tuple(PoolCap(resource, most) for resource, most in caps.items()),
        )
        self.engine.apply(account, JoinPool(name, TENANT, account, POOL, membership))
        self.hand.members[account] = Member(order == "pool_first", caps)


def _instant(hour: int) -> Instant:
    return FOREVER if hour >= EVER else START + hour * HOUR


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_balances_equal_a_ledger_by_hand_after_each_operation(seed: int) -> None:
    both = Both(seed)
    for _ in range(60):
        both.step()


@pytest.mark.soak
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_thousand_operations(seed: int) -> None:
    both = Both(seed)
    for _ in range(25_000):
        both.step()
