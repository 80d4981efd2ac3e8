"""Pools and gifts against a slow, obvious account of who holds how much money."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.balance_command import JoinPool, LeavePool, TopUp, Transfer
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant, month_of
from streams.model.pool import Membership, PoolCap, PoolOrder
from streams.rate.plan import compile_catalog
from tests.properties.partitions import TENANT, Engine

START: Instant = 1_767_225_600_000_000 + 20 * DAY
POOL = "pool"
ROOTS = {POOL: POOL, "ann": POOL, "bob": POOL, "eve": "eve", "ian": "ian"}
MEMBERS = ("ann", "bob")
_OFFER = PriceOffer(
    id="o",
    usage_type="x",
    product="x",
    start=BEGINNING,
    prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
)
CATALOG = Catalog(
    tenant=TENANT,
    currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
    usage_types=(UsageType(id="x", units=("u",)),),
    price_plans=(PricePlan(id="p", currency="CHF", offers=(_OFFER,)),),
)
PLAN = compile_catalog(CATALOG)


class Step(NamedTuple):
    """One thing that happens: what, to whom, how much, after how long, and with whom."""

    kind: str
    account: str
    amount: int
    wait: Instant
    other: str
    order: PoolOrder
    cap: int | None


_TERMS = (st.sampled_from(("own_first", "pool_first")), st.none() | st.integers(0, 30))
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(("use", "use", "use", "use", "top_up", "give", "join", "leave")),
        st.sampled_from((*MEMBERS, *ROOTS)),
        st.integers(1, 40),
        st.integers(0, 6 * 24).map(lambda hours: hours * HOUR),
        st.sampled_from(tuple(ROOTS)),
        *_TERMS,
    ),
    max_size=25,
)


class Model:
    """Who holds what, by hand."""

    def __init__(self) -> None:
        self.money = dict.fromkeys(ROOTS, 0)
        self.joined: dict[str, list[tuple[Instant, PoolOrder, int | None]]] = defaultdict(list)
        self.drawn: dict[tuple[str, Instant], int] = defaultdict(int)
        self.overrun = self.funded = self.refused = 0

    def use(self, account: str, amount: int, at: Instant) -> None:
        for holder, most in self._order(account, at):
            paid = min(amount, most, self.money[holder])
            self.money[holder] -= paid
            amount -= paid
            if holder != account and self.joined[account][-1][2] is not None:
                self.drawn[account, month_of(at, "UTC").start] += paid
        self.overrun += amount

    def _order(self, account: str, at: Instant) -> list[tuple[str, int]]:
        whole = 10**9
        if not self.joined[account]:
            return [(account, whole)]
        _, order, cap = self.joined[account][-1]
        left = whole if cap is None else max(0, cap - self.counted(account, at))
        pool = (POOL, left)
        return [(account, whole), pool] if order == "own_first" else [pool, (account, whole)]

    def counted(self, account: str, at: Instant) -> int:
        return self.drawn[account, month_of(at, "UTC").start]


def _first(kind: str, account: str, amount: int, order: PoolOrder, cap: int | None) -> Step:
    return Step(kind, account, amount, 0, account, order, cap)


def _firsts(kind: str, accounts: Iterable[str]) -> Iterator[st.SearchStrategy[Step]]:
    for account in accounts:
        yield st.builds(_first, st.just(kind), st.just(account), st.integers(1, 60), *_TERMS)


begun = st.tuples(*_firsts("top_up", ROOTS), *_firsts("join", MEMBERS))


@settings(max_examples=100)
@given(begun, steps)
def test_pools_and_gifts_are_as_anybody_would_reckon(
    first: tuple[Step, ...], happened: list[Step]
) -> None:
    engine, model, at = Engine(PLAN, ROOTS), Model(), START
    for number, step in enumerate((*first, *happened)):
        at += step.wait
        _happen(step, number, at, engine, model)
        assert {name: engine.money(name) for name in ROOTS} == model.money
        assert engine.counter("overrun") == -model.overrun
        assert engine.counter("funding") == -model.funded
        assert engine.counter("in_transit") == 0
        assert engine.refused == model.refused


def _happen(step: Step, number: int, at: Instant, engine: Engine, model: Model) -> None:
    account, root, name = step.account, ROOTS[step.account], f"{step.kind}-{number}"
    if step.kind == "use":
        engine.use(account, step.amount, at)
        model.use(account, step.amount, at)
    elif step.kind == "top_up":
        amount = Decimal(step.amount)
        engine.apply(account, TopUp(name, TENANT, account, root, amount, "CHF", at, ""))
        model.money[account] += step.amount
        model.funded += step.amount
    elif step.kind == "give":
        to = step.other
        gift = Transfer(name, TENANT, account, root, to, ROOTS[to], "CHF", step.amount, at)
        engine.apply(account, gift)
        engine.apply(account, gift)
        if model.money[account] < step.amount:
            model.refused += 1
        else:
            model.money[account] -= step.amount
            model.money[to] += step.amount
    elif step.kind == "join" and account in MEMBERS and not model.joined[account]:
        caps = () if step.cap is None else (PoolCap("CHF", step.cap),)
        membership = Membership(POOL, at, FOREVER, step.order, caps)
        engine.apply(account, JoinPool(name, TENANT, account, root, membership))
        model.joined[account].append((at, step.order, step.cap))
    elif step.kind == "leave" and model.joined[account]:
        engine.apply(account, LeavePool(name, TENANT, account, root, POOL, at))
        model.joined[account].clear()
