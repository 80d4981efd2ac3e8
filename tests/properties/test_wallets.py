"""Wallets against a model of them that is slow and obvious: equal after each step.

The model knows nothing of buckets: purses in a list, and a loop over them for each charge.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances, Payment
from streams.model.balance_command import Adjust, TopUp
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, FOREVER, HOUR, SECOND, Instant
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table

START: Instant = 1_740_873_600 * SECOND
"""2025-03-02T00:00:00Z: all that happens is in one month."""
ZERO = Decimal(0)
LIMIT = Decimal(20)
PRODUCTS = ("calls", "messages")
PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=tuple(UsageType(id=product, units=("u",)) for product in PRODUCTS),
        price_plans=(
            PricePlan(
                id="p",
                currency="CHF",
                offers=tuple(
                    PriceOffer(
                        id=product,
                        usage_type=product,
                        product=product,
                        start=BEGINNING,
                        prices=(Price(price=PerUnit(amounts={"u": Decimal("0.01")})),),
                    )
                    for product in PRODUCTS
                ),
            ),
        ),
    )
)


@dataclass
class Purse:
    """A wallet of the model."""

    name: str
    start: Instant
    end: Instant
    priority: int
    products: tuple[str, ...]
    left: Decimal = ZERO
    paid: Decimal = ZERO

    def pays(self, product: str, at: Instant) -> bool:
        return self.start <= at < self.end and (not self.products or product in self.products)


@dataclass
class Model:
    """An account's money."""

    floor: Decimal | None
    own: Decimal = ZERO
    paid: Decimal = ZERO
    purses: list[Purse] = field(default_factory=list)
    counters: dict[str, Decimal] = field(default_factory=dict)

    def count(self, name: str, amount: Decimal) -> None:
        self.counters[name] = self.counters.get(name, ZERO) + amount

    def purse(self, name: str, at: Instant, end: Instant, terms: Any) -> Purse:
        for each in sorted(self.purses, key=lambda each: (each.end, each.start)):
            if each.name == name and (each.end > at or each.start == at):
                if FOREVER not in (end, each.end):
                    each.end = max(each.end, end)
                return each
        self.purses.append(Purse(name, at, end, *terms))
        return self.purses[-1]

    def top_up(self, name: str, amount: Decimal, at: Instant, end: Instant, terms: Any) -> None:
        self.count("funding", -amount)
        if name:
            self.purse(name, at, end, terms).left += amount
        else:
            self.own += amount

    def adjust(self, name: str, amount: Decimal, at: Instant) -> None:
        self.count("adjustment", -amount)
        if amount > 0:
            if name:
                self.purse(name, at, FOREVER, (0, ())).left += amount
            else:
                self.own += amount
            return
        owed = -amount
        for each in self.in_order():
            if name and each.name == name:
                taken = min(owed, each.left)
                each.left -= taken
                owed -= taken
        taken = self.free(owed)
        self.own -= taken
        self.count("overrun", taken - owed)

    def in_order(self) -> list[Purse]:
        return sorted(
            self.purses, key=lambda each: (each.priority, each.end, each.start, each.name)
        )

    def free(self, wanted: Decimal) -> Decimal:
        """How much of what is wanted the account's own money may give."""
        return wanted if self.floor is None else min(wanted, max(ZERO, self.own - self.floor))

    def charge(self, product: str, amount: Decimal, at: Instant) -> None:
        self.count("revenue", amount)
        able = [each for each in self.in_order() if each.pays(product, at)]
        if amount >= 0:
            for each in able:
                taken = min(amount, each.left)
                each.left -= taken
                each.paid += taken
                amount -= taken
            taken = self.free(amount)
            self.own -= taken
            self.paid += taken
            self.count("overrun", taken - amount)
            return
        back = -amount
        mine = min(back, max(ZERO, self.paid))
        left = back - mine
        for each in reversed(able):
            given_back = min(left, each.paid)
            each.left += given_back
            each.paid -= given_back
            left -= given_back
        self.own += mine + left
        self.paid -= mine + left

    def expire(self, time: Instant, grace: Instant) -> None:
        for each in list(self.purses):
            if each.end != FOREVER and each.end + grace <= time:
                self.count("breakage", each.left)
                self.purses.remove(each)


names = st.sampled_from(["", "a", "b", "c"])
cents = st.integers(1, 3000).map(lambda each: Decimal(each) / 100)
ends = st.sampled_from([None, 0, 6, 12, 18, 24, 48])
terms = st.tuples(
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([(), (), ("calls",), ("messages",), ("calls", "messages")]),
)
back = st.sampled_from([0, 6, 12, 18])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("top_up"), names, cents, back, ends, terms),
        st.tuples(
            st.just("adjust"),
            names,
            st.builds(lambda a, s: a * s, cents, st.sampled_from([1, -1])),
            back,
        ),
        st.tuples(st.just("charge"), st.sampled_from(PRODUCTS), cents, back),
        st.tuples(st.just("charge"), st.sampled_from(PRODUCTS), cents, back),
        st.tuples(st.just("refund"), st.sampled_from(PRODUCTS), cents, back),
        st.tuples(st.just("tick"), st.sampled_from([1, 6, 12])),
    ),
    min_size=15,
    max_size=40,
)


class World:
    """The core with one account, beside the model of it."""

    def __init__(self, payment: Payment, limit: Decimal | None) -> None:
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)
        self.state = MemoryState()
        self.time = START
        self.number = 0
        floor = ZERO if payment == "prepaid" else None if limit is None else -limit
        self.model = Model(floor)
        self.effects = Effects()
        self.apply(ActivateCatalog("c", "t", PLAN.version, BEGINNING))
        self.apply(PutAccount("p", "t", "ada", "ada", payment, "CHF", "UTC", limit))
        self.apply(AssignService("s", "t", "key", "ada", "ada", "1", "p", BEGINNING, FOREVER))
        self.apply(Tick("t", START))

    def apply(self, command: Command) -> None:
        effects = Effects()
        self.core.apply_command(command, state=self.state, effects=effects)
        self.done(effects)

    def done(self, effects: Effects) -> None:
        self.core.settle(self.state, effects)
        self.effects = effects
        assert not effects.verdicts
        for charge in effects.rated:
            assert sum(Decimal(posting.amount) for posting in charge.postings) == 0

    def take(self, step: tuple[Any, ...]) -> None:
        kind, *words = step
        self.number += 1
        name = f"n{self.number}"
        if kind == "tick":
            self.time += words[0] * HOUR
            self.apply(Tick(name, self.time))
            self.model.expire(self.time, PLAN.grace)
            return
        at = self.time + 12 * HOUR - words[2] * HOUR
        if kind == "top_up":
            end = FOREVER if words[3] is None else at + words[3] * HOUR
            self.apply(
                TopUp(
                    name,
                    "t",
                    "ada",
                    "ada",
                    words[1],
                    "CHF",
                    at,
                    "",
                    words[0],
                    words[4][0],
                    end,
                    words[4][1],
                )
                if words[0]
                else TopUp(name, "t", "ada", "ada", words[1], "CHF", at, "")
            )
            name = "" if end <= self.time else words[0]
            self.model.top_up(name, words[1], at, end, words[4])
            self.model.expire(self.time, PLAN.grace)
        elif kind == "adjust":
            self.apply(Adjust(name, "t", "ada", "ada", words[1], "CHF", at, "", wallet=words[0]))
            self.model.adjust(words[0], words[1], at)
        else:
            amount = words[1] if kind == "charge" else -words[1]
            self.charge(name, words[0], amount, at)
            self.model.charge(words[0], amount, at)

    def charge(self, name: str, product: str, amount: Decimal, at: Instant) -> None:
        effects = Effects()
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0), "t", "s", name, 0,
            self.number, 0, product, "key", "ada", at, at, (Usage("u", amount * 100),), {},
        )  # fmt: skip
        self.core.charge_record(
            record,
            position=SourcePosition("topic", 0, self.number, 0),
            state=self.state,
            effects=effects,
        )
        self.done(effects)

    def compare(self) -> None:
        held: Balances = self.state.get(Table.BALANCES, b"t\0ada") or Balances()
        found = sorted((each.id, each.start, Decimal(each.remaining)) for each in held.buckets)
        own = [each for each in found if not each[0]]
        assert sum(each[2] for each in own) == self.model.own
        wallets = [(each.name, each.start, each.left) for each in self.model.purses]
        assert [each for each in found if each[0]] == sorted(wallets)
        assert all(each[2] >= 0 for each in wallets)
        assert self.model.floor is None or self.model.own >= self.model.floor
        for name in ("funding", "adjustment", "revenue", "overrun", "breakage"):
            total = self.state.get(Table.COUNTERS, f"t\0{name}\0CHF".encode()) or ZERO
            assert total == self.model.counters.get(name, ZERO), name


@given(
    st.sampled_from([("prepaid", None), ("hybrid", LIMIT), ("postpaid", None), ("hybrid", None)]),
    steps,
)
@settings(max_examples=150, deadline=None)
def test_wallets_are_as_their_model_after_each_step(
    kind: tuple[Payment, Decimal | None], taken: list[tuple[Any, ...]]
) -> None:
    world = World(*kind)
    for step in taken:
        world.take(step)
        world.compare()
