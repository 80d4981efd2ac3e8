"""Which accounts have something that falls due, by when: the table PERIODS.

An account stands there once, at `Balances.due`; so whoever touches it sees without another look
whether something is due, and a tick finds all that are.
"""

from typing import Final

from msgspec.structs import replace

from streams.model.account import Balances
from streams.model.instant import FOREVER, Instant
from streams.state import State, Table

_PERIODS: Final = Table.PERIODS
_SIGN: Final = 2**63
_BYTES: Final = 8


def put_balances(key: bytes, before: Balances, after: Balances, state: State) -> None:
    """Put what the account holds, and move it on the agenda where it falls due at another time."""
    if after.due != before.due:
        if before.due != FOREVER:
            state.delete(_PERIODS, due_key(before.due, key))
        if after.due != FOREVER:
            state.put(_PERIODS, due_key(after.due, key), 1)
    state.put(Table.BALANCES, key, after)


def fall_due(key: bytes, due: Instant, state: State) -> None:
    """Have the account looked at once the partition's time is `due`."""
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    if due < held.due:
        put_balances(key, held, replace(held, due=due), state)


def due_key(at: Instant, key: bytes) -> bytes:
    """The account's place on the agenda: in the order of time."""
    return (at + _SIGN).to_bytes(_BYTES, "big") + key


def due_accounts(time: Instant, limit: int, state: State) -> list[bytes]:
    """The keys of the accounts that have something due at `time`, the longest due first."""
    found = state.scan(_PERIODS, b"", due_key(time + 1, b""), limit)
    return [key[_BYTES:] for key, _ in found]
