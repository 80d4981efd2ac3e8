"""Budgets: nothing beyond any level is granted together, and each level is held whole or not."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.budget_windows import used_in
from streams.model.balance_command import TopUp
from streams.model.budget import Budget, BudgetTotal
from streams.model.budget_command import PutBudget
from streams.model.charging_session import (
    AnswerCode,
    ChargingRequest,
    ChargingSession,
    ServiceRequest,
    Verb,
)
from streams.model.command import Tick
from streams.model.instant import DAY, HOUR, SECOND, Period
from streams.model.usage import Usage
from streams.state import Effects, Table
from tests.properties.test_sessions import START, Owner, _plan

AGENTS = ("a", "b", "c")
NAMES = ("agents", "app", "steps", "spend")


def budgeted(prices: tuple[int, ...]) -> "Agents":
    """An account with money enough, and budgets of four kinds on four levels."""
    owner = Agents(_plan(prices))
    owner.apply(TopUp("w", "t", "ada", "ada", Decimal(10_000), "CHF", START, ""))
    for budget in (
        Budget("app", "units", 70, "day", level="application", when={"app": "x"}),
        Budget(
            "agents", "units", 20, "day", by="agent", limits_of={"a": 30, "b": 50}, parent="app"
        ),
        Budget("steps", "requests", 6, "minute", 3),
        Budget("spend", "spend", 90, "life", currency="CHF"),
    ):
        owner.apply(PutBudget(budget.id, "t", "ada", "ada", budget))
    return owner


class Agents(Owner):
    """Sessions of agents of one account."""

    def by(self, verb: Verb, name: str, agent: str, *, asked: int, used: int) -> ChargingRequest:
        self.sequences[name] += 1
        service = ServiceRequest(
            "call",
            (Usage("u", asked),) if asked else (),
            (Usage("u", used),) if used else (),
            attributes={"app": "x", "agent": agent},
        )
        number = self.sequences[name]
        return ChargingRequest(
            f"{name}/{number}", "t", "ada", verb, name, number, "s", self.at, (service,), HOUR
        )

    def totals(self) -> dict[bytes, BudgetTotal]:
        return dict(self.state.table(Table.BUDGET_TOTALS))

    def check_budgets(self) -> None:
        """What sessions hold is what is set aside; nothing is beyond any limit."""
        held: Counter[Any] = Counter()
        sessions: list[ChargingSession] = list(self.state.table(Table.SESSIONS).values())
        for session in sessions:
            for service in session.services:
                for key, start, _, quantity in service.budgets:
                    held[key, start] += quantity  # type: ignore[assignment]
        for key, total in self.totals().items():
            for span in total.spans:
                assert span.held == held.pop((key, span.start), 0), total
                window = Period(span.start, span.end)
                assert used_in(total.terms, total, window) <= total.limit, total
        assert not any(held.values())


steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "reserve", "extend", "confirm", "release", "tick"]),
        st.sampled_from(("one", "two", "three", "four", "five")),
        st.integers(1, 40),
        st.integers(0, 100),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(steps=steps, prices=st.sampled_from([(1, 2, 3), (3, 2, 1), (2, 2, 2)]))
def test_no_level_is_granted_beyond(
    steps: list[tuple[str, str, int, int]], prices: tuple[int, ...]
) -> None:
    owner = budgeted(prices)
    for word, name, quantity, percent in steps:
        owner.at += 7 * SECOND
        if word == "tick":
            owner.at += quantity * 30 * SECOND
            owner.apply(Tick(f"tick/{owner.at}", owner.at))
            owner.check_budgets()
            continue
        agent = AGENTS[len(name) % 3]
        used = owner.granted.get(name, 0) * percent // 100 if word != "reserve" else 0
        asked = quantity if word in ("reserve", "extend") else 0
        before = owner.totals()
        had = owner.state.get(Table.SESSIONS, f"t\0{name}".encode())
        answer = owner.send(owner.by(word, name, agent, asked=asked, used=used))  # type: ignore[arg-type]
        if word in ("confirm", "release"):
            owner.granted.pop(name, None)
        refused = answer.code in (AnswerCode.BUDGET_EXHAUSTED, AnswerCode.RATE_LIMITED)
        if refused and had is None:
            assert owner.totals() == before
            bound = answer.services[0].restriction
            assert bound is not None
            assert bound.name in NAMES
        owner.check()
        owner.check_budgets()
    owner.apply(Tick("end", owner.at + DAY))
    owner.check_budgets()
    assert not any(span.held for total in owner.totals().values() for span in total.spans)
    spent = sum((charge.amount for charge in owner.charges if charge.lines), Decimal(0))
    kept = owner.totals().get(b"t\0ada\0spend\0")
    assert (sum(span.used for span in kept.spans) if kept else 0) == spent


def test_each_request_leaves_one_decision_and_a_retry_none() -> None:
    owner = budgeted((1, 1, 1))
    made: list[Any] = []
    for name, asked in (("one", 30), ("two", 1), ("one", 30)):
        effects = Effects()
        owner.sequences[name] = 0
        request = owner.by("reserve", name, "a", asked=asked, used=0)
        owner.core.ask(request, state=owner.state, effects=effects)
        made += effects.decisions
    assert [(each.session, each.outcome, each.rule) for each in made] == [
        ("one", "allow", ""),
        ("two", "stop", "agents"),
    ]
    assert made[1].level == "agents"
    assert made[1].code == AnswerCode.BUDGET_EXHAUSTED
    assert made[0].attributes == {"app": "x", "agent": "a"}
