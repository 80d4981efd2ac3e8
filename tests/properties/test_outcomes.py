"""Sessions in any order of events: what stands charged is what is resolved; all of it balances."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from streams.accumulate.sessions import drop_closed
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.command import ActivateCatalog, AssignService, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR
from streams.model.rated import RatedUsage
from streams.model.session import SessionTally
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan
from streams.state import Effects, Table

START = 1_767_225_600_000_000
PRICE = Decimal("0.99")
CATALOG = """
tenant: t
currencies: [{code: USD}]
usage_types: [{id: talk, units: [tokens, solved], attributes: [ticket, event]}]
accumulators: [{id: solutions, usage_units: [solved]}]
outcomes:
  - id: solution
    usage_type: talk
    unit: solved
    session: ticket
    events: [answer, thanks]
    resolved: last == "thanks" && count.answer > 0
    reopened: last == "question"
    closes_after: 30d
price_plans:
  - id: plan
    currency: USD
    offers:
      - id: talks
        usage_type: talk
        from: 2020-01-01
        impacts: [solutions]
        prices: [{per_unit: {amounts: {solved: 0.99}}}]
"""
EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["answer", "thanks", "question", "other"]),
        st.integers(min_value=0, max_value=40 * 24),
    ),
    max_size=40,
)


def make_plan() -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "catalog.yaml").write_text(CATALOG)
        return compile_plan(load_catalog(Path(folder)))


PLAN = make_plan()


class World:
    def __init__(self) -> None:
        self.state, self.effects = MemoryState(), Effects()
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=1, partition=0)
        for command in (
            ActivateCatalog("c", "t", PLAN.version, BEGINNING),
            PutAccount("a", "t", "ada", "ada", "postpaid", "USD", "UTC", None),
            AssignService("s", "t", "key", "ada", "ada", "1", "plan", BEGINNING, FOREVER),
        ):
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def talk(self, number: int, ticket: str, event: str, at: int) -> RatedUsage:
        record_id = record_id_of(tenant="t", source="s", event_id=str(number), part=0)
        record = UsageRecord(
            record_id, "t", "s", str(number), 0, number, 0, "talk", "key", "ada", at, at,
            (Usage("tokens", 5),), {"ticket": ticket, "event": event},
        )  # fmt: skip
        position = SourcePosition("t", 0, number, 0)
        self.core.charge_record(record, position=position, state=self.state, effects=self.effects)
        return self.effects.rated[-1]


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_what_stands_charged_is_what_is_resolved(events: list[tuple[str, str, int]]) -> None:
    world = World()
    answered: Counter[str] = Counter()
    resolved: set[str] = set()
    for number, (ticket, event, hours) in enumerate(events):
        charged = world.talk(number, ticket, event, START + hours * HOUR)
        expected = Decimal(0)
        if ticket in resolved and event == "question":
            resolved.remove(ticket)
            answered[ticket] = 0
            expected = -PRICE
        elif ticket not in resolved:
            answered[ticket] += event == "answer"
            if event == "thanks" and answered[ticket]:
                resolved.add(ticket)
                expected = PRICE
        assert charged.amount == expected
        assert sum(line.amount for line in charged.lines) == charged.amount
        legs: Counter[str] = Counter()
        for posting in charged.postings:
            legs[posting.resource] += posting.amount
        assert not any(legs.values())
    held = world.state.table(Table.SESSION_TALLIES)
    assert {key.decode()[-1] for key, tally in held.items() if tally.charged} == resolved
    assert sum(each.amount for each in world.effects.rated) == PRICE * len(resolved)


def test_ticks_drop_what_has_closed_and_nothing_else() -> None:
    state = MemoryState()
    for number in range(1000):
        closes_at = START + (number % 2) * DAY
        state.put(Table.SESSION_TALLIES, b"%04d" % number, SessionTally(closes_at, closes_at))
    for _ in range(10):
        drop_closed(START, state)
    kept = state.table(Table.SESSION_TALLIES)
    assert len(kept) == 500
    assert all(tally.closes_at > START for tally in kept.values())


def test_a_closed_session_is_not_there_whether_or_not_it_was_dropped() -> None:
    ends = []
    for drops in (False, True):
        world = World()
        world.talk(1, "a", "answer", START)
        world.talk(2, "a", "thanks", START)
        tick = Tick("tick", START + 30 * DAY)
        world.core.apply_command(tick, state=world.state, effects=world.effects)
        if drops:
            assert not world.state.table(Table.SESSION_TALLIES)
        else:
            tally = SessionTally(START + 30 * DAY, START, (("answer", 1),))
            world.state.put(Table.SESSION_TALLIES, b"t\0ada\0solution\0a", tally)
        at = START + 30 * DAY
        ends.append(world.talk(3, "a", "thanks", at).lines)
    assert ends[0] == ends[1]
