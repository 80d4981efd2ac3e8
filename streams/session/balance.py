"""What an account has left, as a caller asks for it between sessions."""

from streams.accumulate.pools import accounts_drawn_on
from streams.model.account import Balances
from streams.model.charging_session import BalanceLeft
from streams.model.instant import Instant
from streams.state import State, Table


def balances_left(key: bytes, at: Instant, state: State) -> tuple[BalanceLeft, ...]:
    """The buckets that count at that time, the account's own before those of its pools."""
    told: list[BalanceLeft] = []
    for reached in accounts_drawn_on(key, at, state):
        held: Balances = state.get(Table.BALANCES, reached.key) or Balances()
        account = reached.key.rpartition(b"\0")[2].decode()
        told += [
            BalanceLeft(
                account, each.resource, each.id, each.remaining, each.reserved, each.start, each.end
            )
            for each in held.buckets
            if each.start <= at < each.end
        ]
    return tuple(told)
