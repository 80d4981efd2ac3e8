"""Money of subscriptions against a model that is slow and obvious: equal after each step."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Balances
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
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan, compile_catalog
from streams.state import Effects, Table

START: Instant = 1_740_873_600_000_000
ZERO = Decimal(0)
LIMIT = Decimal(20)
SHARED = ""
GROUPS = ("home", "work")
Per = Literal["account", "subscription"]


def plan(per: Per) -> Plan:
    prices = (Price(price=PerUnit(amounts={"u": Decimal(1)})),)
    offer = PriceOffer(id="o", usage_type="used", product="used", start=BEGINNING, prices=prices)
    return compile_catalog(
        Catalog(
            tenant="t",
            currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up", per=per),),
            usage_types=(UsageType(id="used", units=("u",)),),
            price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
        )
    )


PLANS = {per: plan(per) for per in ("account", "subscription")}


class Engine:
    """One account with two subscriptions, on the core."""

    def __init__(self, per: Per, *, is_postpaid: bool) -> None:
        used = PLANS[per]
        self.core = Charging(plans={used.version: used}, partitions=1, partition=0)
        self.state, self.effects, self.number = MemoryState(), Effects(), 0
        payment: Any = "postpaid" if is_postpaid else "prepaid"
        limit = LIMIT if is_postpaid else None
        self.apply(ActivateCatalog("c", "t", used.version, BEGINNING))
        self.apply(PutAccount("a", "t", "ada", "ada", payment, "CHF", "UTC", limit))
        for group in GROUPS:
            self.apply(
                AssignService(group, "t", group, "ada", "ada", group, "p", BEGINNING, FOREVER)
            )

    def apply(self, command: Command) -> None:
        self.core.apply_command(command, state=self.state, effects=self.effects)

    def use(self, group: str, units: int) -> None:
        self.number += 1
        name, at = f"u{self.number}", START
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0), "t", "s", name, 0,
            self.number, 0, "used", group, "ada", at, at, (Usage("u", units),), {},
        )  # fmt: skip
        where = SourcePosition("t", 0, self.number, 0)
        self.core.charge_record(record, position=where, state=self.state, effects=self.effects)

    def top_up(self, group: str, amount: int) -> None:
        self.number += 1
        self.apply(
            TopUp(
                f"t{self.number}", "t", "ada", "ada", Decimal(amount), "CHF", START, "",
                subscription=group,
            )
        )  # fmt: skip

    def take(self, group: str, amount: int) -> None:
        self.number += 1
        self.apply(
            Adjust(
                f"a{self.number}", "t", "ada", "ada", Decimal(-amount), "CHF", START, "sorry",
                subscription=group,
            )
        )  # fmt: skip

    @property
    def held(self) -> dict[str, Decimal]:
        balances: Balances = self.state.get(Table.BALANCES, b"t\0ada") or Balances()
        return {each.group: Decimal(each.remaining) for each in balances.buckets if each.remaining}

    @property
    def overrun(self) -> Decimal:
        legs = [leg for charge in self.effects.rated for leg in charge.postings]
        for charge in self.effects.rated:
            assert sum(leg.amount for leg in charge.postings) == 0
        return -sum((leg.amount for leg in legs if leg.ledger_account == "overrun"), ZERO)


class Model:
    """Purses by subscription, and one for all of them."""

    def __init__(self, per: Per, *, is_postpaid: bool) -> None:
        self.per, self.limit = per, LIMIT if is_postpaid else ZERO
        self.purses: dict[str, Decimal] = defaultdict(Decimal)
        self.overrun = ZERO

    def use(self, group: str, units: int) -> None:
        left = self._pay([group, SHARED], Decimal(units))
        self._owe(group if self.per == "subscription" else SHARED, left)

    def top_up(self, group: str, amount: int) -> None:
        self.purses[group] += amount

    def take(self, group: str, amount: int) -> None:
        left = self._pay([group, SHARED] if group else [SHARED], Decimal(amount))
        self._owe(SHARED, left)

    def _pay(self, purses: Sequence[str], left: Decimal) -> Decimal:
        for name in purses:
            paid = min(left, max(ZERO, self.purses[name]))
            self.purses[name] -= paid
            left -= paid
        return left

    def _owe(self, name: str, amount: Decimal) -> None:
        owed = -sum(min(ZERO, held) for held in self.purses.values())
        credit = min(amount, max(ZERO, self.limit - owed))
        self.purses[name] -= credit
        self.overrun += amount - credit

    @property
    def held(self) -> dict[str, Decimal]:
        return {name: held for name, held in self.purses.items() if held}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.sampled_from(GROUPS), st.integers(1, 15)),
        st.tuples(
            st.sampled_from(("top_up", "take")),
            st.sampled_from((*GROUPS, SHARED)),
            st.integers(1, 15),
        ),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, per=st.sampled_from(("account", "subscription")), is_postpaid=st.booleans())
def test_each_purse_holds_what_the_model_says(
    steps: Sequence[tuple[str, str, int]], per: Per, is_postpaid: bool
) -> None:
    engine, model = Engine(per, is_postpaid=is_postpaid), Model(per, is_postpaid=is_postpaid)
    for word, group, amount in steps:
        getattr(engine, word)(group, amount)
        getattr(model, word)(group, amount)
        assert engine.held == model.held
    assert engine.overrun == model.overrun
