"""Commands that put budgets for accounts, and take them away."""

from msgspec import Struct

from streams.model.budget import Budget
from streams.model.instant import Instant


class PutBudget(Struct, frozen=True, array_like=True, tag=48):
    """A budget of an account, which its usage or that of other accounts of the root counts in.

    One of the same name that was put before ends where this one begins; what has been counted
    goes on, unless it is counted in another way.
    """

    command_id: str
    tenant: str
    account: str
    root: str
    budget: Budget


class RemoveBudget(Struct, frozen=True, array_like=True, tag=49):
    """From `end` on the account's budget of that name counts no more."""

    command_id: str
    tenant: str
    account: str
    root: str
    budget: str
    end: Instant
