"""A gift for an account that is not there comes back whole, to where it came from, once."""

from decimal import Decimal

import pytest

from streams.model.account import Bucket
from streams.model.balance_command import TopUp, Transfer
from streams.model.command import Command, PutAccount, Receipt, Relayed, Tick
from streams.model.instant import DAY, FOREVER, HOUR, Instant
from streams.model.move_command import MoveAccount
from streams.model.rated import RatedUsage, RecordVerdict
from streams.outcome import CommandReason
from streams.partition import partition_of
from streams.state import Effects, Table
from tests.properties.partitions import PARTITIONS, TENANT, Engine
from tests.properties.test_balances import PLAN, START

GIVER, NOBODY_HERE, NOBODY_THERE = "giver", "nobody-0", "nobody-4"
OTHER_ROOT = "elsewhere"


class Slow(Engine):
    """Messages arrive when they are asked to; what was told is kept."""

    def __init__(self) -> None:
        self.charges: list[RatedUsage] = []
        self.verdicts: list[RecordVerdict] = []
        self.wire: list[tuple[int, Command]] = []
        super().__init__(PLAN, {GIVER: GIVER})

    def _settle(self, number: int, effects: Effects) -> None:
        self.cores[number].settle(self.states[number], effects)
        self.charges += effects.rated
        self.verdicts += effects.verdicts
        self.wire += [(message.partition, message.command) for message in effects.outbox]

    def arrive(self, *, times: int = 1) -> None:
        """The first message that waits arrives, so many times."""
        receiver, command = self.wire.pop(0)
        for _ in range(times):
            self._apply(receiver, command)

    def calm(self) -> None:
        """All arrives, and what arrives is acknowledged."""
        while self.wire:
            receiver, command = self.wire.pop(0)
            self._apply(receiver, command)
            if isinstance(command, Relayed):
                self._apply(command.sender, Receipt("receipt", receiver, command.message_id))

    def holdings(self, root: str, account: str) -> tuple[Bucket, ...]:
        """What stands for an account where a root lives."""
        state = self.states[partition_of(TENANT, root, PARTITIONS)]
        held = state.get(Table.BALANCES, f"{TENANT}\0{account}".encode())
        return () if held is None else held.buckets


@pytest.fixture
def engine() -> Slow:
    engine = Slow()
    ends = START + 2 * DAY
    engine.apply(GIVER, _top_up("own", 5))
    engine.apply(GIVER, _top_up("spare", 7, wallet="spare", end=ends))
    return engine


def _top_up(name: str, amount: int, *, wallet: str = "", end: Instant = FOREVER) -> TopUp:
    return TopUp(
        name, TENANT, GIVER, GIVER, Decimal(amount), "CHF", START, "", wallet, priority=1, end=end
    )


def _gift(to: str, quantity: int = 10) -> Transfer:
    return Transfer(
        "gift", TENANT, GIVER, GIVER, to, to, "CHF", Decimal(quantity), START + HOUR, "gift"
    )


def _is_here(root: str) -> bool:
    return partition_of(TENANT, root, PARTITIONS) == partition_of(TENANT, GIVER, PARTITIONS)


def test_it_comes_back_to_the_buckets_that_it_came_from(engine: Slow) -> None:
    """Each message arrives twice; nothing is there twice, and nothing waits for the account."""
    assert not _is_here(NOBODY_THERE)
    before = engine.buckets(GIVER)
    engine.apply(GIVER, _gift(NOBODY_THERE))
    assert engine.money(GIVER) == 2
    assert engine.counter("in_transit") == 10
    engine.arrive(times=2)
    (told,) = engine.verdicts
    assert told.code == CommandReason.ACCOUNT_NOT_KNOWN
    assert told.record is not None
    assert told.record.usage_type == "transfer_in"
    assert not engine.holdings(NOBODY_THERE, NOBODY_THERE)
    engine.arrive(times=2)
    assert engine.buckets(GIVER) == before
    assert engine.counter("in_transit") == 0
    assert not engine.wire
    last = engine.charges[-1].record
    assert last.usage_type == "transfer_back"
    assert last.attributes == {"transfer": "gift", "to": NOBODY_THERE, "code": "account_not_known"}


def test_one_that_lives_here_is_missed_at_once(engine: Slow) -> None:
    assert _is_here(NOBODY_HERE)
    before = engine.buckets(GIVER)
    engine.apply(GIVER, _gift(NOBODY_HERE))
    (told,) = engine.verdicts
    assert (told.code, told.field) == (CommandReason.ACCOUNT_NOT_KNOWN, "to_account")
    assert engine.buckets(GIVER) == before
    assert not engine.wire


def test_an_account_that_comes_later_has_nothing_waiting(engine: Slow) -> None:
    engine.apply(GIVER, _gift(NOBODY_THERE))
    engine.arrive()
    put = PutAccount("late", TENANT, NOBODY_THERE, NOBODY_THERE, "prepaid", "CHF", "UTC", None)
    engine.to_root(NOBODY_THERE, put)
    engine.arrive()
    assert engine.money(GIVER) == 12
    assert not engine.holdings(NOBODY_THERE, NOBODY_THERE)


def test_one_that_is_there_as_it_arrives_gets_it(engine: Slow) -> None:
    engine.apply(GIVER, _gift(NOBODY_THERE))
    put = PutAccount("late", TENANT, NOBODY_THERE, NOBODY_THERE, "prepaid", "CHF", "UTC", None)
    engine.to_root(NOBODY_THERE, put)
    engine.arrive()
    held = engine.holdings(NOBODY_THERE, NOBODY_THERE)
    assert sum(Decimal(each.remaining) for each in held) == 10


def test_what_has_ended_meanwhile_ends_as_it_comes_back(engine: Slow) -> None:
    """It comes back beside what expired without it, and is forfeited under a name of its own."""
    engine.apply(GIVER, _gift(NOBODY_THERE, 6))
    engine.arrive()
    engine.everywhere(Tick("later", START + 5 * DAY))
    assert engine.counter("breakage") == 6
    engine.arrive()
    assert engine.counter("breakage") == 7
    assert engine.money(GIVER) == 5
    names = [charge.record.record_id for charge in engine.charges]
    assert len(set(names)) == len(names)


def test_a_giver_that_has_moved_has_it_back_where_it_went(engine: Slow) -> None:
    assert not _is_here(OTHER_ROOT)
    engine.apply(GIVER, _gift(NOBODY_THERE))
    engine.apply(GIVER, MoveAccount("move", TENANT, GIVER, GIVER, OTHER_ROOT, START + HOUR))
    engine.calm()
    held = engine.holdings(OTHER_ROOT, GIVER)
    assert sum(Decimal(each.remaining) for each in held) == 12
    assert engine.counter("in_transit") == 0
