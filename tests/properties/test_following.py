"""Who follows thresholds knows where they stand, whatever is done in between."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.model.balance_command import TopUp
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import (
    Accumulator,
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
    Reservations,
    Verb,
)
from streams.model.command import Tick
from streams.model.instant import BEGINNING, DAY, HOUR
from streams.model.session_command import SessionCommand
from streams.model.threshold import Threshold
from streams.rate.plan import Plan, compile_catalog
from streams.session.signals import FOLLOWING, running_sessions
from streams.state import Effects, Table
from tests.properties.test_sessions import KEY, Owner

DAILY = BillingPeriod(id="day", unit="day")
ALL = ("low", "spent", "calls")


def _plan() -> Plan:
    offer = PriceOffer(
        id="calls",
        usage_type="call",
        product="calls",
        start=BEGINNING,
        impacts=("calls",),
        prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
    )
    levels = (Decimal(5), Decimal(12))
    return compile_catalog(
        Catalog(
            tenant="t",
            currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
            usage_types=(UsageType(id="call", units=("u",)),),
            accumulators=(Accumulator(id="calls", period=DAILY),),
            thresholds=(
                Threshold(id="low", on="balance", resource="CHF", levels=levels),
                Threshold(id="spent", on="spend", resource="CHF", levels=levels, period=DAILY),
                Threshold(id="calls", on="accumulator", resource="calls", levels=levels),
            ),
            price_plans=(PricePlan(id="p", currency="CHF", offers=(offer,)),),
        )
    )


PLAN = _plan()


class Followed(Owner):
    """An account that is followed, and what its followers know: by session and threshold."""

    def __init__(self, plan: Plan) -> None:
        self.known: dict[tuple[str, str], str] = {}
        self.told: list[SessionCommand] = []
        super().__init__(plan)

    def _done(self, effects: Effects) -> None:
        super()._done(effects)
        self.told += effects.signals
        for each in effects.signals:
            if each.action == "notify":
                assert self.known[each.session, each.reason] != each.value, "told already"
                self.known[each.session, each.reason] = each.value

    def follow(self, verb: Verb, name: str, follow: tuple[str, ...] | None) -> ChargingAnswer:
        self.sequences[name] += 1
        number = self.sequences[name]
        request = ChargingRequest(
            f"{name}/{number}",
            "t",
            "ada",
            verb,
            name,
            number,
            "s",
            self.at,
            (),
            3 * DAY,
            follow=follow,
        )
        answer = self.send(request)
        if answer.code == AnswerCode.SUCCESS and verb != "release":
            for known in [each for each in self.known if each[0] == name]:
                del self.known[known]
            self.known |= {(name, each.threshold): each.status for each in answer.thresholds}
        return answer

    def stands(self) -> dict[str, str]:
        request = ChargingRequest("q", "t", "ada", "balance", "", 1, "s", self.at, (), 0)
        return {each.threshold: each.status for each in self.send(request).thresholds}

    def check(self) -> None:
        """Each that runs knows what is; those that run are counted."""
        found: list[ChargingSession] = list(self.state.table(Table.SESSIONS).values())
        following = [each for each in found if each.follows is not None]
        stands = self.stands()
        assert tuple(stands) == ALL
        for session in following:
            for name, status in session.follows or ():
                assert status == stands[name], (session.session, name)
                assert self.known[session.session, name] == status
        held: Reservations = self.state.get(Table.RESERVATIONS, KEY) or Reservations()
        assert sorted(held.followers) == sorted(each.session for each in following)
        assert (self.state.get(Table.META, FOLLOWING) or 0) == len(following)
        assert running_sessions(self.state) == held.sessions == len(found) - len(following)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["use", "reserve", "confirm", "top_up", "follow", "release", "wait"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from([1, 4, 9]),
        st.sampled_from([(), ("low",), ("spent", "calls"), None]),
    ),
    max_size=40,
)


@given(deeds=deeds)
@settings(max_examples=150, deadline=None)
def test_who_follows_knows_what_is(
    deeds: list[tuple[str, str, int, tuple[str, ...] | None]],
) -> None:
    owner = Followed(PLAN)
    for number, (deed, name, quantity, follow) in enumerate(deeds):
        owner.at += HOUR
        owner.apply(Tick(f"tick/{owner.at}", owner.at))
        match deed:
            case "use":
                owner.use(quantity)
            case "reserve" | "confirm":
                is_end = deed == "confirm"
                verb: Verb = "confirm" if is_end else "reserve"
                owner.ask(verb, f"s{name}", asked=0 if is_end else quantity, used=quantity)
            case "top_up":
                amount = Decimal(quantity)
                owner.apply(TopUp(f"w{number}", "t", "ada", "ada", amount, "CHF", owner.at, ""))
            case "follow":
                begins = owner.state.get(Table.SESSIONS, f"t\0{name}".encode()) is None
                owner.follow("reserve" if begins else "extend", name, follow)
            case "release":
                owner.follow("release", name, None)
            case _:
                owner.at += 7 * HOUR
                owner.apply(Tick(f"tick/{owner.at}", owner.at))
        owner.check()
    owner.at += 4 * DAY
    owner.apply(Tick("end", owner.at))
    owner.check()
    assert not any(each.follows for each in owner.state.table(Table.SESSIONS).values())
