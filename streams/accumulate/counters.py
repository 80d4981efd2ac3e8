"""Counter-accounts: one running total a partition for each tenant, ledger account and resource.

What charges add to them is summed once a step, over the charges that are left in its effects: so a
record that was undone has no part in them, and a total is read and put once, however many records
of the step touch it. Sums of exact amounts do not depend on the order they are added in.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Final

from streams.model.money import CONTEXT, WHOLE_MAX, Quantity, added
from streams.model.rated import Posting, RatedUsage
from streams.state import State, Table

ACCOUNT: Final = "account"
"""The ledger account that is no counter: what the customer holds or owes."""
OF_ANOTHER: Final = f"{ACCOUNT}:"
"""What the ledger account begins with where another account of the root holds it."""
_COUNTERS: Final = Table.COUNTERS

Legs = defaultdict[tuple[str, str, str], list[Quantity]]
"""What is added, by tenant, ledger account and resource."""


def post_charges(rated: Iterable[RatedUsage], state: State) -> None:
    """Add every leg of these charges but the accounts' own to its counter."""
    legs: Legs = defaultdict(list)
    for charge in rated:
        if charge.postings:
            _gather(charge.record.tenant, charge.postings, legs)
    _put(legs, state)


def post_counters(tenant: str, postings: Iterable[Posting], state: State) -> None:
    """Add every leg but the account's own to its counter."""
    legs: Legs = defaultdict(list)
    _gather(tenant, postings, legs)
    _put(legs, state)


def _gather(tenant: str, postings: Iterable[Posting], legs: Legs) -> None:
    for posting in postings:
        name = posting.ledger_account
        if name != ACCOUNT:
            legs[tenant, name, posting.resource].append(posting.amount)


def _sum(amounts: Sequence[Quantity]) -> Quantity:
    """As `added` would sum them one by one."""
    if {*map(type, amounts)} == {int}:
        total = sum(amounts)
        if -WHOLE_MAX <= total <= WHOLE_MAX:
            return total
        return Decimal(total)
    return reduce(CONTEXT.add, amounts)


def _put(legs: Legs, state: State) -> None:
    for (tenant, name, resource), amounts in legs.items():
        if name.startswith(OF_ANOTHER):
            continue
        amount = _sum(amounts)
        key = f"{tenant}\0{name}\0{resource}".encode()
        held: Quantity | str | None = state.get(_COUNTERS, key)
        if isinstance(held, str):
            # A total that comes from disk is its exact text.
            held = Decimal(held)
        state.put(_COUNTERS, key, amount if held is None else added(held, amount))
