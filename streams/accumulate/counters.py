"""Counter-accounts: one running total a partition for each tenant, ledger account and resource."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from streams.model.money import CONTEXT, Quantity
from streams.model.rated import Posting
from streams.state import State, Table

ACCOUNT = "account"
"""The one ledger account that is no counter: what the customer holds or owes."""
_COUNTERS: Final = Table.COUNTERS

_KEYS_KEPT = 4096
_keys: dict[tuple[str, str, str], bytes] = {}


def post_counters(tenant: str, postings: Iterable[Posting], state: State) -> None:
    """Add every leg but the account's own to its counter."""
    for posting in postings:
        name = posting.ledger_account
        if name != ACCOUNT:
            key = _keys.get((tenant, name, posting.resource))
            if key is None:
                key = _key_of(tenant, name, posting.resource)
            held = state.get(_COUNTERS, key)
            state.put(_COUNTERS, key, added(held, posting.amount))


def added(held: Quantity | str | None, amount: Quantity) -> Quantity:
    """The counter after a leg; a total that comes from disk is its exact text."""
    if type(held) is Decimal:
        return CONTEXT.add(held, amount)
    if held is None:
        return amount
    if isinstance(held, str):
        held = Decimal(held)
    if isinstance(held, int) and isinstance(amount, int):
        return held + amount
    return CONTEXT.add(held, amount)


def _key_of(tenant: str, ledger_account: str, resource: str) -> bytes:
    if len(_keys) >= _KEYS_KEPT:
        _keys.clear()
    key = f"{tenant}\0{ledger_account}\0{resource}".encode()
    _keys[tenant, ledger_account, resource] = key
    return key
