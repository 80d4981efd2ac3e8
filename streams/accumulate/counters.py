"""Counter-accounts: one running total a partition for each tenant, ledger account and resource."""

from collections.abc import Iterable
from decimal import Decimal

from streams.model.money import CONTEXT, Quantity
from streams.model.rated import Posting
from streams.state import State, Table

ACCOUNT = "account"


def post_counters(tenant: str, postings: Iterable[Posting], state: State) -> None:
    """Add every leg but the account's own to its counter."""
    for posting in postings:
        if posting.ledger_account == ACCOUNT:
            continue
        key = f"{tenant}\0{posting.ledger_account}\0{posting.resource}".encode()
        held = state.get(Table.COUNTERS, key)
        state.put(Table.COUNTERS, key, added(held, posting.amount))


def added(held: Quantity | str | None, amount: Quantity) -> Quantity:
    """The counter after a leg; a total that comes from disk is its exact text."""
    if held is None:
        return amount
    if isinstance(held, str):
        held = Decimal(held)
    if isinstance(held, int) and isinstance(amount, int):
        return held + amount
    return CONTEXT.add(held, amount)
