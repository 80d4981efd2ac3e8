"""Accounts move between roots while gifts and usage go on, and messages come late, twice, in any
order: nothing is lost, nothing is doubled, and nothing is under way for ever."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest

from streams.model.balance_command import TopUp, Transfer
from streams.model.command import Command, OutboxMessage, Receipt, Relayed
from streams.model.instant import HOUR, Instant
from streams.model.move_command import MoveAccount
from streams.model.rated import RatedUsage
from streams.model.usage import UsageRecord
from streams.outcome import Verdict
from streams.state import Effects, Table
from tests.properties.partitions import PARTITIONS, TENANT, Engine
from tests.properties.test_balances import PLAN, START

ACCOUNTS = tuple(f"account-{number}" for number in range(12))
NOBODY = "nobody"
"""To whom gifts go as well, and come back."""
MONEY, MINUTES = "CHF", "min"


class Unreliable(Engine):
    """The engine with its messages on a wire that delays, repeats and reorders them."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.wire: list[tuple[int, Command]] = []
        self.charges: list[RatedUsage] = []
        self.suspended: dict[bytes, tuple[int, UsageRecord]] = {}
        super().__init__(PLAN, {account: account for account in ACCOUNTS})
        self.calm()

    def _settle(self, number: int, effects: Effects) -> None:
        self.cores[number].settle(self.states[number], effects)
        self.charges += effects.rated
        for verdict in effects.verdicts:
            if verdict.verdict == Verdict.SUSPENDED and verdict.record is not None:
                self.suspended[verdict.record.record_id] = number, verdict.record
        self.wire += [(message.partition, message.command) for message in effects.outbox]

    def step(self) -> None:
        """One message arrives, perhaps not for the last time; a receipt may be lost."""
        if not self.wire:
            return
        place = self.dice.randrange(len(self.wire))
        number, command = self.wire[place]
        if self.dice.random() < 0.8:
            del self.wire[place]
        self._apply(number, command)
        if isinstance(command, Relayed) and self.dice.random() < 0.8:
            receipt = Receipt("receipt", number, command.message_id)
            self.wire.append((command.sender, receipt))

    def calm(self) -> None:
        """Everything arrives, what was not acknowledged again and again."""
        while self.wire or any(self._unsent()):
            if not self.wire:
                self.wire += [(each.partition, each.command) for each in self._unsent()]
            number, command = self.wire.pop(0)
            self._apply(number, command)
            if isinstance(command, Relayed):
                self._apply(command.sender, Receipt("receipt", number, command.message_id))

    def _unsent(self) -> Iterator[OutboxMessage]:
        for state in self.states:
            yield from state.table(Table.OUTBOX).values()

    def total(self, resource: str) -> Decimal:
        """What all accounts hold, and what is between them."""
        held = sum(
            (
                Decimal(bucket.remaining)
                for state in self.states
                for balances in state.table(Table.BALANCES).values()
                for bucket in balances.buckets
                if bucket.resource == resource
            ),
            Decimal(0),
        )
        return held + self.counter("in_transit", resource)

    def homes(self, account: str) -> list[int]:
        """Where the account lives."""
        key = f"{TENANT}\0{account}".encode()
        found = [state.get(Table.ACCOUNTS, key) for state in self.states]
        return [n for n, each in enumerate(found) if each is not None and not each.moved_to]


class Story:
    """What is done, and what must come of it."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.engine = Unreliable(self.dice)
        self.known = {account: [account] for account in ACCOUNTS}
        self.known[NOBODY] = [NOBODY, *ACCOUNTS]
        self.number = 0
        for account in ACCOUNTS:
            fund = TopUp(
                f"fund-{account}", TENANT, account, account, Decimal(100), MONEY, START, ""
            )
            self.engine.apply(account, fund)
        self.engine.calm()

    @property
    def now(self) -> Instant:
        return START + self.number * HOUR // 10

    def gift(self) -> None:
        """To wherever the other was once or will be, from wherever the giver was once."""
        self.number += 1
        giver, getter = self.dice.choice(ACCOUNTS), self.dice.choice((*ACCOUNTS, NOBODY))
        roots = self.dice.choice(self.known[giver]), self.dice.choice(self.known[getter])
        amount = Decimal(self.dice.randrange(1, 30))
        name = f"gift-{self.number}"
        gift = Transfer(name, TENANT, giver, roots[0], getter, roots[1], MONEY, amount, self.now)
        self.send(roots[0], gift)

    def move(self) -> None:
        """To a new root, or to one that it had."""
        self.number += 1
        account = self.dice.choice(ACCOUNTS)
        root = self.dice.choice((account, f"{account}/{self.dice.randrange(4)}"))
        told = self.dice.choice(self.known[account])
        move = MoveAccount(f"move-{self.number}", TENANT, account, told, root, self.now)
        self.send(told, move)
        self.known[account].append(root)

    def send(self, root: str, command: Command) -> None:
        """Told once or twice."""
        for _ in range(self.dice.choice((1, 1, 2))):
            self.engine.to_root(root, command)


def _booked(charges: list[RatedUsage], account: str) -> Decimal:
    return sum(
        (
            Decimal(posting.amount)
            for charge in charges
            if charge.account == account
            for posting in charge.postings
            if posting.ledger_account == "account" and posting.resource == MONEY
        ),
        Decimal(0),
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_gifts_and_two_hundred_moves_keep_the_total(seed: int) -> None:
    story = Story(seed)
    engine = story.engine
    work = [story.gift] * 1000 + [story.move] * 200
    story.dice.shuffle(work)
    whole = engine.total(MONEY)
    for act in work:
        act()
        for _ in range(story.dice.randrange(4)):
            engine.step()
        assert engine.total(MONEY) == whole == 100 * len(ACCOUNTS)
    engine.calm()
    assert engine.counter("in_transit") == 0
    for account in ACCOUNTS:
        (home,) = engine.homes(account)
        held = [
            (number, state.get(Table.BALANCES, f"{TENANT}\0{account}".encode()))
            for number, state in enumerate(engine.states)
        ]
        assert [number for number, each in held if each is not None] == [home]
        balances = held[home][1]
        remaining = sum((Decimal(each.remaining) for each in balances.buckets), Decimal(0))
        assert remaining == _booked(engine.charges, account)
    assert not any(key.startswith(b"a") for s in engine.states for key in s.table(Table.MOVES))
    names = Counter(charge.record.record_id for charge in engine.charges)
    assert max(names.values()) == 1
    kinds = Counter(charge.record.usage_type for charge in engine.charges)
    assert kinds["transfer_out"] == kinds["transfer_in"] + kinds["transfer_back"]
    assert kinds["transfer_in"] > 500
    assert kinds["transfer_back"] > 20
    assert kinds["move_out"] == kinds["move_in"] > 50
    assert len(engine.states) == PARTITIONS
