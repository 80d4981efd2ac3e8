"""What supplements a subscription: when, in which order, and that it ends with its master."""

from decimal import Decimal

import pytest

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Account, Balances, Service, ServiceAssignment
from streams.model.catalog import (
    Allowance,
    Catalog,
    CurrencyRule,
    Grant,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    EndService,
    PutAccount,
    PutStatus,
)
from streams.model.instant import BEGINNING, DAY, FOREVER, Instant, Period
from streams.model.prices import PerUnit
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from streams.subscriptions import supplements_at

NOW = 20_000 * DAY


def plan(name: str, amount: int, *grants: Grant, currency: str = "CHF", **more: str) -> PricePlan:
    price = Price(price=PerUnit(amounts={"u": Decimal(amount)}))
    offer = PriceOffer(
        id="offer", usage_type=more.get("sells", "x"), product="x", start=BEGINNING,
        prices=(price,), impacts=("free",),
    )  # fmt: skip
    return PricePlan(id=name, currency=currency, offers=(offer,), grants=grants)


FREE = Grant(allowance="free", quantity=Decimal(5))
PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(
            CurrencyRule(code="CHF", digits=2, rounding="half_up"),
            CurrencyRule(code="EUR", digits=2, rounding="half_up"),
        ),
        usage_types=(
            UsageType(id="x", units=("u",)),
            UsageType(id="y", units=("u",)),
            UsageType(id="long", units=("u",), at_change="suspend"),
        ),
        allowances=(Allowance(id="free", unit="u", usage_units=("u",)),),
        price_plans=(
            plan("master", 10, FREE),
            plan("pack", 1),
            plan("grants", 3, FREE, sells="y"),
            plan("euro", 1, currency="EUR"),
            plan("lasting", 1, sells="long"),
        ),
    )
)
ACTIVATE = ActivateCatalog("activate", "t", PLAN.version, BEGINNING)
PUT = PutAccount("put", "t", "ada", "ada", "postpaid", "CHF", "UTC", None)


def assign(
    service: str,
    price_plan: str,
    start: Instant = BEGINNING,
    end: Instant = FOREVER,
    *,
    supplements: str = "",
    subscription: str = "sub",
) -> AssignService:
    own = service if supplements else subscription
    command_id = f"{service}/{price_plan}/{start}/{end}"
    return AssignService(
        command_id, "t", service, "ada", "ada", own, price_plan, start, end, supplements
    )


class Partition:
    def __init__(self, *commands: Command) -> None:
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)
        self.state = MemoryState()
        self.effects = Effects()
        self.apply(ACTIVATE, PUT, *commands)

    def apply(self, *commands: Command) -> None:
        for command in commands:
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def charge(self, at: Instant, usage_type: str = "x", service: str = "line") -> str:
        """The plan that priced it, or why none did."""
        event_id = f"{at}/{usage_type}/{service}/{len(self.effects.rated)}"
        record_id = record_id_of(tenant="t", source="s", event_id=event_id, part=0)
        usages = (Usage("u", 1),)
        record = UsageRecord(
            record_id, "t", "s", event_id, 0, 0, 0, usage_type, service, "ada", at, at, usages, {}
        )
        refused = len(self.effects.verdicts)
        where = SourcePosition("topic", 0, 0, 0)
        self.core.charge_record(record, position=where, state=self.state, effects=self.effects)
        if len(self.effects.verdicts) > refused:
            return str(self.effects.verdicts[-1].code)
        charge = self.effects.rated[-1]
        assert charge.subscription == ("sub" if service == "line" else service)
        return charge.price_plan

    def account(self) -> Account:
        found: Account = self.state.get(Table.ACCOUNTS, b"t\0ada")
        return found

    def service(self, name: str) -> Service:
        found: Service = self.state.get(Table.SERVICES, f"t\0{name}".encode())
        return found

    def free(self) -> list[tuple[str, Decimal]]:
        balances: Balances = self.state.get(Table.BALANCES, b"t\0ada")
        return [
            (each.id, Decimal(each.remaining))
            for each in balances.buckets
            if each.resource == "free"
        ]


def test_an_account_without_supplements_has_no_mark() -> None:
    one = Partition(assign("line", "master"))
    assert not one.account().has_supplements
    assert one.state.table(Table.SUBSCRIPTIONS).keys() == {b"t\0ada\0sub"}
    alone = Partition(assign("line", "master", subscription="line"))
    assert alone.state.table(Table.SUBSCRIPTIONS) == {}


@pytest.mark.parametrize("is_known", [True, False])
def test_the_account_is_marked_whichever_comes_first(is_known: bool) -> None:
    one = Partition(assign("line", "master"), assign("pack-1", "pack", supplements="sub"))
    if not is_known:
        one = Partition()
        one.state.delete(Table.ACCOUNTS, b"t\0ada")
        one.apply(assign("pack-1", "pack", supplements="sub"), assign("line", "master"))
        one.apply(PutAccount("again", "t", "ada", "ada", "postpaid", "CHF", "UTC", None))
    assert one.account().has_supplements
    assert one.charge(NOW) == "pack"


def test_a_change_of_a_supplement_is_seen_by_the_next_record() -> None:
    one = Partition(assign("line", "master"), assign("pack-1", "pack", NOW, supplements="sub"))
    assert [one.charge(NOW - 1), one.charge(NOW)] == ["master", "pack"]
    one.apply(PutStatus("s", "t", "ada", "ada", "suspended", NOW + 5, "pack-1"))
    assert [one.charge(NOW + 4), one.charge(NOW + 5)] == ["pack", "master"]
    one.apply(PutStatus("a", "t", "ada", "ada", "active", NOW + 8, "pack-1"))
    assert [one.charge(NOW + 7), one.charge(NOW + 8)] == ["master", "pack"]
    one.apply(EndService("e", "t", "pack-1", "ada", NOW + 20, ""))
    assert [one.charge(NOW + 19), one.charge(NOW + 20)] == ["pack", "master"]


def test_a_plan_that_is_missing_or_in_another_currency_makes_usage_wait() -> None:
    unknown = Partition(assign("line", "master"), assign("p", "nowhere", supplements="sub"))
    assert unknown.charge(NOW) == "unknown_price_plan"
    euro = Partition(assign("line", "master"), assign("p", "euro", supplements="sub"))
    assert euro.charge(NOW) == "unknown_currency"


def test_each_pack_grants_in_a_bucket_of_its_own() -> None:
    one = Partition(
        assign("line", "master"),
        assign("p-1", "grants", NOW - DAY, supplements="sub"),
        assign("p-2", "grants", NOW - DAY, supplements="sub"),
    )
    for _ in range(14):
        one.charge(NOW)
    held = one.free()
    assert {name for name, _ in held} == {"", "plan:p-1", "plan:p-2"}
    assert sum(left for _, left in held) == 1
    assert [charge.amount for charge in one.effects.rated] == [0] * 14
    one.charge(NOW)
    one.charge(NOW)
    assert one.effects.rated[-1].amount == 10


@pytest.mark.parametrize("order", [("line", "p-1"), ("p-1", "line")])
def test_usage_of_its_own_id_draws_on_the_same_bucket(order: tuple[str, str]) -> None:
    one = Partition(assign("line", "master"), assign("p-1", "grants", NOW - DAY, supplements="sub"))
    for service in order:
        assert one.charge(NOW, "x" if service == "line" else "y", service) in ("master", "grants")
    held = one.free()
    assert sorted(name for name, _ in held) == ["", "plan:p-1"]
    assert sum(left for _, left in held) == 8


def test_a_supplement_ends_with_the_last_assignment_of_its_master() -> None:
    one = Partition(
        assign("line", "master", end=NOW + 50),
        assign("watch", "master", end=NOW + 40),
        assign("pack-1", "pack", supplements="sub"),
        assign("future", "pack", NOW + 60, supplements="sub"),
    )
    assert one.service("pack-1").assignments[0].end == NOW + 50
    assert one.service("future").assignments[0].end == NOW + 60
    one.apply(EndService("e", "t", "line", "ada", NOW + 10, ""))
    assert one.service("pack-1").assignments[0].end == NOW + 40
    one.apply(EndService("w", "t", "watch", "ada", NOW + 20, ""))
    assert one.service("pack-1").assignments[0].end == NOW + 20
    assert one.charge(NOW + 20, service="pack-1") == "service_ended"
    one.apply(assign("line", "master", NOW + 30))
    assert one.charge(NOW + 30) == "master"


def test_to_a_record_that_may_not_span_a_change_a_supplement_is_one() -> None:
    one = Partition(assign("line", "master"), assign("p", "lasting", NOW, supplements="sub"))
    usages = (Usage("u", 1),)
    for number, (start, end) in enumerate(((NOW - 5, NOW), (NOW - 5, NOW + 1), (NOW, NOW + 1))):
        record = UsageRecord(
            b"%016d" % number, "t", "s", "e", 0, 0, number, "long", "line", "ada", start, end,
            usages, {},
        )  # fmt: skip
        where = SourcePosition("topic", 0, 0, number)
        one.core.charge_record(record, position=where, state=one.state, effects=one.effects)
    codes = [verdict.code for verdict in one.effects.verdicts]
    assert codes == ["no_price", "spans_change"]
    assert [charge.price_plan for charge in one.effects.rated] == ["lasting"]


def test_the_last_begun_comes_first_and_holds_until_something_changes() -> None:
    one = Partition(
        assign("line", "master"),
        assign("b", "pack", NOW, supplements="sub"),
        assign("a", "pack", NOW, supplements="sub"),
        assign("later", "pack", NOW + 5, NOW + 9, supplements="sub"),
    )
    master = ServiceAssignment("ada", "ada", "sub", "master", BEGINNING)

    def told(at: Instant) -> tuple[list[str], Period]:
        found, span = supplements_at(master, "t", at, one.state)
        return [each.service_id for each in found], span

    assert told(NOW - 1) == ([], Period(BEGINNING, NOW))
    assert told(NOW) == (["a", "b"], Period(NOW, NOW + 5))
    assert told(NOW + 8) == (["later", "a", "b"], Period(NOW + 5, NOW + 9))
    assert told(NOW + 9) == (["a", "b"], Period(NOW + 9, FOREVER))
