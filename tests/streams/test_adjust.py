"""Adjustments of accounts that are not there, and of money without a catalog."""

from decimal import Decimal

from streams.accumulate.adjust import adjust
from streams.memory import MemoryState
from streams.model.account import Account, Balances
from streams.model.balance_command import Adjust
from streams.outcome import CommandReason, Verdict
from streams.state import Effects, Table

ADA = Account("t", "ada", "ada", "postpaid", "CHF", "UTC")
KEY = b"t\0ada"


def by_hand(amount: str) -> Adjust:
    return Adjust("a-1", "t", "ada", "ada", Decimal(amount), "CHF", 0, "sorry", "bill-7", "grace")


def test_an_account_that_is_not_known_is_not_adjusted() -> None:
    state, effects = MemoryState(), Effects()
    adjust(by_hand("5"), plan=None, partition=3, state=state, effects=effects)
    (verdict,) = effects.verdicts
    assert (verdict.verdict, verdict.code) == (Verdict.IGNORED, CommandReason.ACCOUNT_NOT_KNOWN)
    assert verdict.record is not None
    assert verdict.record.event_id == "adjustment/a-1"
    assert verdict.position.partition == 3
    assert state.get(Table.BALANCES, KEY) is None
    assert not effects.rated


def test_without_a_catalog_there_is_no_limit_and_what_is_told_stands_with_the_movement() -> None:
    state, effects = MemoryState(), Effects()
    state.put(Table.ACCOUNTS, KEY, ADA)
    adjust(by_hand("-5"), plan=None, partition=0, state=state, effects=effects)
    held: Balances = state.get(Table.BALANCES, KEY)
    assert [(each.granted, each.remaining) for each in held.buckets] == [(-5, -5)]
    (charge,) = effects.rated
    told = {"reason": "sorry", "reference": "bill-7", "approved_by": "grace"}
    assert charge.record.attributes == told
