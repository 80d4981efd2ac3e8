"""Sessions that are told something, and tariffs that change inside their grants."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.charge import Charging
from streams.model.balance_command import TopUp
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.charging_session import (
    AnswerCode,
    ChargingAnswer,
    ChargingRequest,
    ChargingSession,
    ServiceRequest,
    Verb,
)
from streams.model.command import ActivateCatalog, Tick
from streams.model.instant import BEGINNING, DAY, HOUR, MINUTE, Instant
from streams.model.session_command import (
    SESSION_ACTIONS,
    SessionAction,
    SessionCommand,
    SignalSessions,
)
from streams.model.time_unit import WEEKDAYS, Band, TimeUnit
from streams.model.usage import Usage
from streams.rate.plan import Plan, compile_catalog
from streams.state import Effects, Table
from tests.properties.test_sessions import START, Owner

DEAR, CHEAP = Decimal(3), Decimal(1)
NIGHT = 22 * 60
DAYTIME = 6 * 60


def _catalog() -> Catalog:
    def price(band: str, amount: Decimal) -> Price:
        return Price(price=PerUnit(amounts={"u": amount}), when={"band": band})

    night = Band(name="night", weekdays=WEEKDAYS, start=NIGHT, end=DAYTIME)
    offer = PriceOffer(
        id="calls",
        usage_type="call",
        product="calls",
        start=BEGINNING,
        time_unit="hours",
        prices=(price("day", DEAR), price("night", CHEAP)),
    )
    return Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(UsageType(id="call", units=("u",)),),
        time_units=(TimeUnit(id="hours", bands=(night,), default="day"),),
        price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
    )


PLAN = compile_catalog(_catalog())


class Told(Owner):
    """An account whose sessions are told something; the wallet holds 60."""

    def __init__(self, plan: Plan) -> None:
        self.told: list[SessionCommand] = []
        super().__init__(plan)
        self.apply(TopUp("w", "t", "ada", "ada", Decimal(60), "CHF", BEGINNING, ""))

    def _done(self, effects: Effects) -> None:
        super()._done(effects)
        self.told += effects.signals

    def demand(
        self, verb: Verb, name: str, *, asked: int = 0, used: tuple[int, int] = (0, 0)
    ) -> ChargingAnswer:
        self.sequences[name] += 1
        service = ServiceRequest(
            "call",
            (Usage("u", asked),) if asked else (),
            (Usage("u", used[0]),) if used[0] else (),
            used_after=(Usage("u", used[1]),) if used[1] else (),
        )
        number = self.sequences[name]
        return self.send(
            ChargingRequest(
                f"{name}/{number}", "t", "ada", verb, name, number, "s", self.at, (service,), HOUR
            )
        )

    def tell(self, action: SessionAction, name: str = "") -> None:
        command = f"c{self.at}{action}{name}"
        self.apply(SignalSessions(command, "t", "ada", "ada", action, self.at, name))

    def sessions(self) -> dict[str, ChargingSession]:
        found = self.state.table(Table.SESSIONS).values()
        return {each.session: each for each in found}


def is_night(at: Instant) -> bool:
    minute = at % DAY // MINUTE
    return minute >= NIGHT or minute < DAYTIME


moves = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "extend", "confirm", "tick", *SESSION_ACTIONS]),
        st.sampled_from(["one", "two", "three"]),
        st.integers(1, 12),
        st.integers(0, 100),
        st.integers(1, 50),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(moves=moves, start=st.integers(0, 23))
def test_each_side_of_a_change_is_paid_by_its_own_tariff_and_nothing_beyond_what_is_held(
    moves: list[tuple[str, str, int, int, int]], start: int
) -> None:
    owner, paid = Told(PLAN), Decimal(0)
    owner.at = START + start * HOUR
    grants: dict[str, tuple[int, Instant, Instant, Instant]] = {}
    spent: Counter[str] = Counter()
    for word, name, asked, percent, minutes in moves:
        owner.at += minutes * MINUTE
        owner.apply(Tick(f"tick/{owner.at}", owner.at))
        running = owner.sessions()
        grants = {each: grant for each, grant in grants.items() if each in running}
        spent = Counter({each: spent[each] for each in running})
        if word in SESSION_ACTIONS:
            owner.tell(word, name if percent < 70 else "")  # type: ignore[arg-type]
        elif word != "tick":
            granted, change, _, _ = grants.get(name, (0, BEGINNING, 0, 0))
            quantity = granted * percent // 100
            if BEGINNING < change <= owner.at:
                used = (quantity // 2, quantity - quantity // 2)
            else:
                used = (quantity, 0)
            is_ended = name in running and running[name].control is not None
            is_ended = is_ended and running[name].control.action == "terminate"  # type: ignore[union-attr]
            verb: Verb = word if name in running else "reserve"  # type: ignore[assignment]
            answer = owner.demand(verb, name, asked=asked if verb != "confirm" else 0, used=used)
            if verb == "confirm":
                paid += answer.services[0].amount if answer.services else 0
                grants.pop(name, None)
            elif is_ended:
                assert (answer.code, answer.services) == (AnswerCode.TERMINATED, ())
                grants[name] = (0, BEGINNING, 0, 0)
            else:
                told = answer.services[0]
                grants[name] = (
                    sum(int(each.quantity) for each in told.granted),
                    told.tariff_change,
                    owner.at,
                    answer.valid_until,
                )
                assert owner.at < answer.valid_until <= owner.at + HOUR
                if told.tariff_change != BEGINNING:
                    assert owner.at < told.tariff_change < answer.valid_until
                    assert is_night(told.tariff_change) != is_night(told.tariff_change - 1)
        owner.check()
    owner.apply(Tick("end", owner.at + DAY))
    owner.check()
    assert not owner.state.table(Table.SESSIONS)
    assert not owner.state.table(Table.ACCOUNT_SESSIONS)
    assert owner.overrun == 0
    for charge in owner.charges:
        units = sum(int(usage.quantity) for usage in charge.record.usages if usage.unit == "u")
        if charge.lines:
            price = CHEAP if is_night(charge.record.occurred_at) else DEAR
            assert charge.amount == units * price
    ids = [each.command_id for each in owner.told]
    assert len(set(ids)) == len(ids)


def test_a_session_pays_by_the_catalog_of_its_beginning() -> None:
    catalog = _catalog()
    (plan,) = catalog.price_plans
    flat = (Price(price=PerUnit(amounts={"u": Decimal(2)})),)
    (offer,) = plan.offers
    changed = replace(plan, offers=(replace(offer, prices=flat, time_unit=""),))
    newer = compile_catalog(replace(catalog, price_plans=(changed,)))
    owner = Told(PLAN)
    owner.core = Charging(
        plans={PLAN.version: PLAN, newer.version: newer}, partitions=1, partition=0
    )
    owner.at = START + 12 * HOUR
    owner.apply(ActivateCatalog("newer", "t", newer.version, owner.at + 10 * MINUTE))
    assert owner.demand("reserve", "one", asked=3).services[0].amount == 9
    owner.at += 10 * MINUTE
    assert owner.demand("reserve", "two", asked=3).services[0].amount == 6
    assert owner.demand("extend", "one", asked=3, used=(3, 0)).services[0].amount == 18
    assert owner.demand("confirm", "one", used=(2, 0)).services[0].amount == 15
    assert owner.demand("confirm", "two", used=(3, 0)).services[0].amount == 6


@pytest.mark.parametrize("count", [199, 200, 201, 450])
def test_many_sessions_are_told_by_several_steps(count: int) -> None:
    owner = Told(PLAN)
    owner.apply(TopUp("more", "t", "ada", "ada", Decimal(10_000), "CHF", BEGINNING, ""))
    for number in range(count):
        owner.demand("reserve", f"s{number:03}", asked=1)
    owner.tell("throttle")
    steps = [len(owner.told)]
    while owner.state.table(Table.OUTBOX):
        for message in list(owner.state.table(Table.OUTBOX).values()):
            owner.apply(message.command)
        steps.append(len(owner.told))
    assert len({each.session for each in owner.told}) == len(owner.told) == count
    assert max(later - former for former, later in zip([0, *steps], steps, strict=False)) <= 200
    controls = {each.control for each in owner.sessions().values()}
    assert [control.action for control in controls if control is not None] == ["throttle"]
