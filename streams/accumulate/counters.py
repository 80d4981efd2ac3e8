"""Counter-accounts: one running total a partition for each tenant, ledger account and resource.

What charges add to them is summed once a step, over the charges that are left in its effects: so a
record that was undone has no part in them, and a total is read and put once, however many records
of the step touch it. Sums of exact amounts do not depend on the order they are added in.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from streams.model.money import Quantity, added
from streams.model.rated import Posting, RatedUsage
from streams.state import State, Table

ACCOUNT: Final = "account"
"""The ledger account that is no counter: what the customer holds or owes."""
OF_ANOTHER: Final = f"{ACCOUNT}:"
"""What the ledger account begins with where another account of the root holds it."""
_COUNTERS: Final = Table.COUNTERS

Sums = dict[tuple[str, str, str], Quantity]
"""What is added, by tenant, ledger account and resource."""


def post_charges(rated: Iterable[RatedUsage], state: State) -> None:
    """Add every leg of these charges but the accounts' own to its counter."""
    sums: Sums = {}
    for charge in rated:
        if charge.postings:
            _sum(charge.record.tenant, charge.postings, sums)
    _put(sums, state)


def post_counters(tenant: str, postings: Iterable[Posting], state: State) -> None:
    """Add every leg but the account's own to its counter."""
    sums: Sums = {}
    _sum(tenant, postings, sums)
    _put(sums, state)


def _sum(tenant: str, postings: Iterable[Posting], sums: Sums) -> None:
    for posting in postings:
        name = posting.ledger_account
        if name != ACCOUNT and not name.startswith(OF_ANOTHER):
            key = (tenant, name, posting.resource)
            held = sums.get(key)
            sums[key] = posting.amount if held is None else added(held, posting.amount)


def _put(sums: Sums, state: State) -> None:
    for (tenant, name, resource), amount in sums.items():
        key = f"{tenant}\0{name}\0{resource}".encode()
        held: Quantity | str | None = state.get(_COUNTERS, key)
        if isinstance(held, str):
            # A total that comes from disk is its exact text.
            held = Decimal(held)
        state.put(_COUNTERS, key, amount if held is None else added(held, amount))
