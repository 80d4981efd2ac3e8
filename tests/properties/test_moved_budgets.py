"""Budgets go with the accounts that move: what was spent of them counts once, wherever it was."""

from collections import Counter
from decimal import Decimal

import pytest

from streams.model.budget import Budget, BudgetTotal
from streams.model.budget_command import PutBudget
from streams.model.command import Released
from streams.model.move_command import MoveAccount
from streams.model.usage import UsageBatch
from streams.state import Table
from tests.properties.partitions import TENANT
from tests.properties.test_moves import ACCOUNTS, MONEY, Story

MUCH = Decimal(1_000_000)
A_DAY = 240
"""In steps of a story: payers are known again on the day after a move."""
OWN = (
    Budget("all", "spend", MUCH, "life", currency=MONEY),
    Budget("calls", "requests", MUCH, "week", by="service_id"),
)
TEAM = Budget("team", "requests", MUCH, "life", accounts=ACCOUNTS)


class Budgeted(Story):
    """Accounts with budgets of their own; one has a budget that names them all."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.engine.roots = {account: account for account in ACCOUNTS}
        for account in ACCOUNTS:
            for budget in (*OWN, TEAM) if account == ACCOUNTS[0] else OWN:
                put = PutBudget(f"{account}/{budget.id}", TENANT, account, account, budget)
                self.send(account, put)
        self.engine.calm()

    def use(self) -> None:
        """By the root that mediation knows, which may be one that it had."""
        self.number += 1
        account = self.dice.choice(ACCOUNTS)
        self.engine.roots = {account: self.dice.choice(self.known[account])}
        self.engine.use(account, self.dice.randrange(1, 5), self.now)

    def settle(self) -> None:
        """All has arrived, and what has waited for it is tried again."""
        engine = self.engine
        engine.calm()
        for _ in range(10):
            waiting, engine.suspended = list(engine.suspended.values()), {}
            for number, record in waiting:
                batch = UsageBatch("t", 0, "v", (record,))
                engine._apply(number, Released(f"release/{record.event_id}", batch))
            engine.calm()
        assert not engine.suspended

    def totals(self, account: str) -> dict[str, list[BudgetTotal]]:
        """By partition and budget, what there is of the account's."""
        found: dict[str, list[BudgetTotal]] = {}
        start = f"{TENANT}\0{account}\0".encode()
        for number, state in enumerate(self.engine.states):
            for key, total in state.table(Table.BUDGET_TOTALS).items():
                if key.startswith(start):
                    found.setdefault(f"{number}/{total.terms.id}", []).append(total)
        return found


def _used(totals: list[BudgetTotal]) -> Decimal:
    return sum((Decimal(span.used) for each in totals for span in each.spans), Decimal(0))


@pytest.mark.parametrize("seed", range(4))
def test_what_was_spent_counts_once_wherever_it_was(seed: int) -> None:
    story = Budgeted(seed)
    engine = story.engine
    acts = [story.use] * 300 + [story.move] * 100
    story.dice.shuffle(acts)
    for act in acts:
        act()
        for _ in range(story.dice.randrange(4)):
            engine.step()
    story.settle()
    charged = [charge for charge in engine.charges if charge.lines]
    spent: Counter[str] = Counter()
    times = Counter(charge.account for charge in charged)
    for charge in charged:
        spent[charge.account] += charge.amount  # type: ignore[assignment]
    assert len(charged) == 300
    for account in ACCOUNTS:
        (home,) = engine.homes(account)
        totals = story.totals(account)
        assert {name.partition("/")[0] for name in totals} == {str(home)}
        assert _used(totals[f"{home}/all"]) == spent[account]
        assert _used(totals[f"{home}/calls"]) == times[account]


@pytest.mark.parametrize("seed", range(4))
def test_a_team_counts_whom_its_root_has(seed: int) -> None:
    """Each record counts in the team's budget while its account has the team's root, else not."""
    story = Budgeted(seed)
    engine, dice, team = story.engine, story.dice, ACCOUNTS[0]
    roots = {account: account for account in ACCOUNTS}
    counted = 0
    for _ in range(150):
        account = dice.choice(ACCOUNTS[:2])
        story.number += A_DAY
        if dice.random() < 0.4:
            root = dice.choice((team, "east", "north"))
            name = f"move-{story.number}"
            move = MoveAccount(name, TENANT, account, roots[account], root, story.now)
            story.send(roots[account], move)
            roots[account] = root
        else:
            engine.roots = roots
            engine.use(account, 1, story.now)
            counted += roots[account] == roots[team]
        story.settle()
        totals = story.totals(team).items()
        told = [each for name, found in totals if name.endswith("/team") for each in found]
        assert _used(told) == counted
