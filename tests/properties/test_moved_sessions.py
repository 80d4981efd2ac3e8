"""Accounts move while sessions run: nothing is granted twice or beyond, no session is lost, and who
repeats a request gets its first answer, wherever the account is by then."""

from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from streams.model.account import Balances
from streams.model.balance_command import TopUp
from streams.model.budget import Budget, BudgetTotal
from streams.model.budget_command import PutBudget
from streams.model.charging_session import (
    AnswerCode,
    ChargingAnswer,
    ChargingRequest,
    ChargingSession,
    Reservations,
    ServiceRequest,
    Verb,
)
from streams.model.command import FoldPeriods, Tick
from streams.model.instant import DAY, HOUR, Instant
from streams.model.move_command import MoveAccount
from streams.model.session_command import SessionCommand, SignalSessions
from streams.model.usage import Usage
from streams.moved import Home
from streams.rate.guide import root_served
from streams.session.moving import is_leaving
from streams.session.signals import AT_ONCE, running_sessions
from streams.state import Effects, Table
from tests.properties.partitions import PARTITIONS, TENANT
from tests.properties.test_balances import START
from tests.properties.test_moves import MONEY, Unreliable

ACCOUNTS = ("account-0", "account-1", "account-2")
ROOTS = ("account-0", "account-1", "account-2", "north", "south", "east")
EACH_HAS = Decimal(200)
BOUND = Decimal(150)


class Nomads(Unreliable):
    """Accounts with sessions, that move in slices of a few things."""

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        for number, core in enumerate(self.cores):
            home = Home(number, PARTITIONS, at_once=2)
            core._home = home
            core._commands._home = home
        self.charged: Counter[str] = Counter()

    def _settle(self, number: int, effects: Effects) -> None:
        for charge in effects.rated:
            for posting in charge.postings:
                assert posting.ledger_account != "overrun", charge
            if charge.lines:
                self.charged[charge.account] += charge.amount  # type: ignore[assignment]
        super()._settle(number, effects)

    def total(self, resource: str) -> Decimal:
        """With what is set aside."""
        return super().total(resource) + sum(
            (
                Decimal(bucket.reserved)
                for state in self.states
                for balances in state.table(Table.BALANCES).values()
                for bucket in balances.buckets
                if bucket.resource == resource
            ),
            Decimal(0),
        )

    def ask(self, request: ChargingRequest) -> ChargingAnswer | None:
        """As the doors do: the owner that knows the service answers; None: ask again later."""
        for number, state in enumerate(self.states):
            if root := root_served(TENANT, request.service_id, state):
                effects = Effects()
                asked = ChargingRequest(*(_with_root(request, root)))
                answer = self.cores[number].ask(asked, state=state, effects=effects)
                self._settle(number, effects)
                return None if answer.code == AnswerCode.MOVING else answer
        assert any(is_leaving(TENANT, request.service_id, state) for state in self.states)
        return None


def _with_root(request: ChargingRequest, root: str) -> list[Any]:
    fields = {name: getattr(request, name) for name in ChargingRequest.__struct_fields__}
    return list((fields | {"root": root}).values())


class Story:
    """Callers, each with one request at a time, and accounts that move meanwhile."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.engine = Nomads(self.dice)
        self.known = {account: [account] for account in ACCOUNTS}
        self.granted: dict[str, int] = {}
        self.sequences: Counter[str] = Counter()
        self.turns: Counter[tuple[str, int]] = Counter()
        self.waiting: list[ChargingRequest] = []
        self.answered: list[tuple[ChargingRequest, ChargingAnswer]] = []
        self.used: Counter[str] = Counter()
        self.number = 0
        for account in ACCOUNTS:
            fund = TopUp(f"fund-{account}", TENANT, account, account, EACH_HAS, MONEY, START, "")
            self.engine.apply(account, fund)
            for budget in (
                Budget("spend", "spend", BOUND, "life", currency=MONEY),
                Budget("at_once", "sessions", 3, "life"),
            ):
                put = PutBudget(f"{account}/{budget.id}", TENANT, account, account, budget)
                self.engine.apply(account, put)

    @property
    def now(self) -> Instant:
        return START + self.number * HOUR // 60

    def move(self) -> None:
        self.number += 1
        account = self.dice.choice(ACCOUNTS)
        root, told = self.dice.choice(ROOTS), self.dice.choice(self.known[account])
        move = MoveAccount(f"move-{self.number}", TENANT, account, told, root, self.now)
        self.engine.to_root(told, move)
        self.known[account].append(root)

    def request(self) -> None:
        """The next of a session that does not wait for an answer, or a debit."""
        self.number += 1
        account, place = self.dice.choice(ACCOUNTS), self.dice.randrange(4)
        name = f"{account}/{place}/{self.turns[account, place]}"
        if any(each.session == name for each in self.waiting):
            return
        verb: Verb = "reserve"
        if name in self.granted:
            verb = self.dice.choice(("extend", "extend", "confirm", "release"))
        if place == 3:
            verb, name = "debit", f"{account}/3/{self.number}"
        self.sequences[name] += 1
        reports = verb in ("extend", "confirm")
        used = self.dice.randrange(self.granted.get(name, 0) + 1) if reports else 0
        asked = self.dice.randrange(1, 40) if verb in ("reserve", "extend", "debit") else 0
        service = ServiceRequest(
            "x", (Usage("u", asked),) if asked else (), (Usage("u", used),) if used else ()
        )
        number = self.sequences[name]
        asking = ChargingRequest(
            f"{name}/{number}",
            TENANT,
            "",
            verb,
            name,
            number,
            account,
            self.now,
            (service,),
            2 * HOUR,
        )
        self.waiting.append(asking)
        self.ask()

    def ask(self) -> None:
        """Those that wait, some of them."""
        for request in [each for each in self.waiting if self.dice.random() < 0.7]:
            answer = self.engine.ask(request)
            if answer is not None:
                self.waiting.remove(request)
                self.hear(request, answer)

    def hear(self, request: ChargingRequest, answer: ChargingAnswer) -> None:
        assert answer.code in TOLD, answer
        self.answered.append((request, answer))
        used = sum(int(usage.quantity) for each in request.services for usage in each.used)
        granted = sum(int(usage.quantity) for each in answer.services for usage in each.granted)
        if request.verb == "debit":
            self.used[request.service_id] += granted
            return
        self.used[request.service_id] += used
        if request.verb in ("reserve", "extend") and (granted or request.verb == "extend"):
            self.granted[request.session] = granted
        else:
            self.granted.pop(request.session, None)
            account, place, _ = request.session.split("/")
            self.turns[account, int(place)] += 1

    def repeat(self) -> None:
        """The last request of a session, or a debit, gets its first answer."""
        if not self.answered:
            return
        request, first = self.dice.choice(self.answered[-6:])
        later = [each for each, _ in self.answered if each.session == request.session]
        is_asked = any(each.session == request.session for each in self.waiting)
        if later[-1] is not request or is_asked:
            return
        spent = self.engine.charged.copy()
        again = self.engine.ask(request)
        if again is not None and first.code != AnswerCode.SUCCESS and not first.services:
            return
        if again is not None and any(each.granted for each in first.services):
            assert again.is_repeat, (request, first, again)
            assert again.services == first.services
        if again is not None and again.is_repeat:
            assert self.engine.charged == spent

    def check(self) -> None:
        """What is set aside is what sessions hold, wherever they are; no money comes or goes."""
        charged = sum(self.engine.charged.values())
        assert self.engine.total(MONEY) + charged == EACH_HAS * len(ACCOUNTS)

    def check_homes(self) -> None:
        """Nothing is under way: each session is where its account is."""
        for number, state in enumerate(self.engine.states):
            sessions: list[ChargingSession] = list(state.table(Table.SESSIONS).values())
            assert running_sessions(state) == len(sessions)
            assert len(state.table(Table.SESSION_ENDS)) == len(sessions)
            held, places, spans = Counter[str](), Counter[str](), Counter[bytes]()
            for session in sessions:
                assert self.engine.homes(session.account) == [number]
                places[session.account] += 1
                for service in session.services:
                    for hold in service.holds:
                        held[hold.account] += int(hold.bucket.remaining)
                    for key, _, _, quantity in service.budgets:
                        spans[key] += int(quantity)
            for key, balances in state.table(Table.BALANCES).items():
                account = key.decode().partition("\0")[2]
                assert sum(int(each.reserved) for each in balances.buckets) == held[account]
                running: Reservations = state.get(Table.RESERVATIONS, key) or Reservations()
                assert running.sessions == places[account]
            for key, total in state.table(Table.BUDGET_TOTALS).items():
                assert isinstance(total, BudgetTotal)
                assert sum(int(span.held) for span in total.spans) == spans[key]
                assert sum(Decimal(span.used + span.held) for span in total.spans) <= BOUND


TOLD = (
    AnswerCode.SUCCESS,
    AnswerCode.PARTIAL,
    AnswerCode.BUDGET_EXHAUSTED,
    AnswerCode.CREDIT_LIMIT_REACHED,
    AnswerCode.SESSION_LIMIT_REACHED,
)


@pytest.mark.parametrize("seed", range(6))
def test_sessions_go_with_their_accounts(seed: int) -> None:
    story = Story(seed)
    engine = story.engine
    acts = [story.request] * 250 + [story.move] * 60 + [story.repeat] * 60
    story.dice.shuffle(acts)
    for act in acts:
        act()
        for _ in range(story.dice.randrange(4)):
            engine.step()
        story.check()
        if story.dice.random() < 0.1:
            engine.calm()
            story.check_homes()
            story.ask()
    engine.calm()
    while story.waiting:
        story.ask()
    story.check_homes()
    assert engine.charges
    engine.everywhere(Tick("end", story.now + DAY))
    engine.calm()
    story.check()
    story.check_homes()
    for account in ACCOUNTS:
        (home,) = engine.homes(account)
        balances: Balances = engine.states[home].get(
            Table.BALANCES, f"{TENANT}\0{account}".encode()
        )
        assert not any(each.reserved for each in balances.buckets)
        left = sum((Decimal(each.remaining) for each in balances.buckets), Decimal(0))
        assert engine.charged[account] == story.used[account]
        assert left == EACH_HAS - story.used[account]
    kinds = Counter(charge.record.usage_type for charge in engine.charges)
    assert kinds["move_out"] == kinds["move_in"] > 10
    names = Counter(charge.record.record_id for charge in engine.charges)
    assert max(names.values()) == 1


class Told(Nomads):
    """Keeps what sessions were told."""

    def __init__(self) -> None:
        self.told: list[SessionCommand] = []
        super().__init__(Random(1))

    def _settle(self, number: int, effects: Effects) -> None:
        self.told += effects.signals
        super()._settle(number, effects)


def test_a_move_that_meets_a_command_half_told_has_the_others_told_as_they_leave() -> None:
    """The message that goes on with telling comes when all sessions have gone."""
    engine = Told()
    mine, other = ACCOUNTS[0], "north"
    engine.apply(mine, TopUp("fund", TENANT, mine, mine, Decimal(10_000), MONEY, START, ""))
    names = {f"s{number:03}" for number in range(AT_ONCE + 30)}
    service = ServiceRequest("x", (Usage("u", 1),))
    for name in sorted(names):
        request = ChargingRequest(
            name, TENANT, "", "reserve", name, 1, mine, START, (service,), DAY
        )
        assert engine.ask(request) is not None
    engine.apply(mine, SignalSessions("stop", TENANT, mine, mine, "throttle", START, value="1"))
    assert len(engine.told) == AT_ONCE
    assert [type(command) for _, command in engine.wire] == [FoldPeriods]
    engine.wire.clear()
    engine.apply(mine, MoveAccount("move", TENANT, mine, mine, other, START))
    engine.calm()
    assert sorted(each.session for each in engine.told) == sorted(names)
    (home,) = engine.homes(mine)
    moved: list[ChargingSession] = list(engine.states[home].table(Table.SESSIONS).values())
    assert {each.session for each in moved} == names
    assert all(each.control and each.control.action == "throttle" for each in moved)
