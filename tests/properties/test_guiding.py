"""Who pays does not depend on what the guide remembers, nor on which records came before.

One partition keeps its guide through a random life of assignments, ranges, supplements, statuses,
attributes and ends; beside it every record is judged by a core that has just begun, over the same
state.
"""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalog.cel import parse_expression
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.attribute import Attribute, Segment
from streams.model.catalog import (
    Accumulator,
    Catalog,
    CurrencyRule,
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
    PutAttributes,
    PutStatus,
)
from streams.model.instant import BEGINNING, DAY, FOREVER
from streams.model.prices import PerUnit
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import compile_catalog
from streams.state import PAYING, Effects, Table

NOW = 20_000 * DAY
TYPES = ("call", "session", "stream")
SINGLES = ("10", "11", "15", "19")
SERVICES = (*SINGLES, "10..19", "10..14", "12..16", "p1", "p2")
PLANS = {"base": TYPES, "other": ("call", "stream"), "pack": ("call",), "extra": ("stream",)}


def offers(*usage_types: str) -> tuple[PriceOffer, ...]:
    asked: tuple[dict[str, str], ...] = (
        {},
        {"account.tier": "a"},
        {"segment.large": "true"},
        {"account.tier": "b", "subscription.trial": "true"},
        {"account.tier": "b", "segment.large": "true", "segment.spender": "true"},
    )
    prices = tuple(
        Price(when=when, price=PerUnit(amounts={"s": Decimal(number)}))
        for number, when in enumerate(asked, start=1)
    )
    return tuple(
        PriceOffer(
            id=each,
            usage_type=each,
            product="x",
            start=BEGINNING,
            impacts=("spent",),
            prices=prices,
        )
        for each in usage_types
    )


PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(
            UsageType(id="call", units=("s",)),
            UsageType(id="session", units=("s",), at_change="suspend"),
            UsageType(id="stream", units=("s",), at_change="split"),
        ),
        accumulators=(Accumulator(id="spent", usage_units=(), sums="amount"),),
        attributes=(
            Attribute(name="tier", of="account", type="choice", values=("a", "b"), default="b"),
            Attribute(name="trial", of="subscription", type="boolean"),
            Attribute(name="seats", of="service", type="number"),
        ),
        segments=(
            Segment(id="large", expression=parse_expression("service.seats >= 2")),
            Segment(id="spender", expression=parse_expression("accumulators.spent >= 20")),
        ),
        price_plans=tuple(
            PricePlan(id=name, currency="CHF", offers=offers(*sold)) for name, sold in PLANS.items()
        ),
    )
)


class Watched(MemoryState):
    """A state that tells of changes as the owner's does."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        super().__init__()
        self.told = object()

    def put(self, table: Table, key: bytes, value: Any) -> None:
        super().put(table, key, value)
        if table in PAYING:
            self.told = object()

    def paying(self) -> object:
        return self.told


TIMES = st.integers(0, 12).map(lambda number: NOW + number)
ACCOUNTS = st.sampled_from(("one", "two"))
KINDS = ("assign", "assign", "assign", "end", "status", "account", *("attributes",) * 3)


@st.composite
def commands(draw: st.DrawFn, number: int) -> Command:
    account, service = draw(ACCOUNTS), draw(st.sampled_from(SERVICES))
    kind = draw(st.sampled_from(KINDS))
    start = draw(TIMES)
    name = f"{kind}/{number}"
    if kind == "end":
        return EndService(name, "t", service, "root", start, "")
    if kind == "status":
        word = draw(st.sampled_from(("active", "suspended", "terminated")))
        of = draw(st.sampled_from(("", service)))
        return PutStatus(name, "t", account, "root", word, start, of)
    if kind == "attributes":
        whose, values = draw(
            st.sampled_from(
                (
                    (("", ""), {"tier": "a"}),
                    (("", ""), {"tier": "b"}),
                    ((f"{account}-1", ""), {"trial": "true"}),
                    (("", service), {"seats": "2"}),
                    (("", service), {"seats": "1.5"}),
                )
            )
        )
        end = draw(st.sampled_from((start + 2, FOREVER)))
        return PutAttributes(name, "t", account, "root", values, start, end, *whose)
    if kind == "account":
        return PutAccount(name, "t", account, "root", "postpaid", "CHF", "UTC", None)
    subscription, supplements = f"{account}-{draw(st.integers(1, 2))}", ""
    if service in ("p1", "p2"):
        supplements, subscription = subscription, service
    plan = draw(st.sampled_from(tuple(PLANS)))
    end = draw(st.sampled_from((start + 3, start + 6, FOREVER)))
    return AssignService(
        name, "t", service, account, "root", subscription, plan, start, end, supplements
    )


def record(number: int, service: str, usage_type: str, start: int, length: int) -> UsageRecord:
    event_id = str(number)
    record_id = record_id_of(tenant="t", source="s", event_id=event_id, part=0)
    return UsageRecord(
        record_id, "t", "s", event_id, 0, number, 0, usage_type, service, "root",
        start, start + length, (Usage("s", 12),), {},
    )  # fmt: skip


def told(core: Charging, usage: UsageRecord, state: MemoryState) -> list[tuple[Any, ...]]:
    effects = Effects()
    where = SourcePosition("topic", 0, usage.offset, 0)
    core.charge_record(usage, position=where, state=state, effects=effects)
    charged = [
        (
            each.account,
            each.subscription,
            each.price_plan,
            each.record.part,
            each.amount,
            sum(usage.quantity for usage in each.record.usages),
        )
        for each in effects.rated
    ]
    return [*charged, *((each.code, each.lacks) for each in effects.verdicts)]


def new_core() -> Charging:
    return Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_is_remembered_changes_nothing(data: st.DataObject) -> None:
    core, state, effects = new_core(), Watched(), Effects()
    activate = ActivateCatalog("activate", "t", PLAN.version, BEGINNING)
    core.apply_command(activate, state=state, effects=effects)
    for name in ("one", "two"):
        put = PutAccount(name, "t", name, "root", "postpaid", "CHF", "UTC", None)
        core.apply_command(put, state=state, effects=effects)
    if data.draw(st.booleans()):
        for service, name in zip(SINGLES, ("one", "two", "one", "two"), strict=True):
            assign = AssignService(
                service, "t", service, name, "root", f"{name}-1", "base", BEGINNING, FOREVER
            )
            core.apply_command(assign, state=state, effects=effects)
    for number in range(data.draw(st.integers(1, 12))):
        command = data.draw(commands(number))
        core.apply_command(command, state=state, effects=effects)
        for each in range(data.draw(st.integers(0, 3))):
            usage = record(
                number * 10 + each,
                data.draw(st.sampled_from((*SINGLES, "p1", "p2"))),
                data.draw(st.sampled_from(TYPES)),
                data.draw(TIMES),
                data.draw(st.integers(0, 6)),
            )
            plain = MemoryState()
            plain.values = dict(state.values)
            expected = told(new_core(), usage, plain)
            assert told(core, usage, state) == expected
            shares = [found[5] for found in expected if len(found) == 6]
            assert not shares or sum(shares) == 12
