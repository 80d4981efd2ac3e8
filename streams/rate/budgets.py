"""The budgets that count an account's usage: its own, and those that the catalog gives to all."""

from streams.model.account import Account
from streams.model.budget import Budget, Budgets, CountedBudget
from streams.state import State, Table


def budgets_of(
    account: Account, usual: tuple[Budget, ...], state: State
) -> tuple[CountedBudget, ...]:
    """Those that were put for it, then the `usual` ones of which it has none of its own."""
    own: tuple[CountedBudget, ...] = ()
    if account.has_budgets:
        key = f"{account.tenant}\0{account.account}".encode()
        held: Budgets = state.get(Table.BUDGETS, key) or Budgets()
        own = tuple(each for each in held.counted if _is_near(each.holder, account, state))
    if not usual:
        return own
    holder = account.account
    named = {each.budget.id for each in own if each.holder == holder}
    return (*own, *(CountedBudget(holder, each) for each in usual if each.id not in named))


def _is_near(holder: str, account: Account, state: State) -> bool:
    """False while the budget's holder has another root than the account: then it rests."""
    if holder == account.account:
        return True
    held: Account | None = state.get(Table.ACCOUNTS, f"{account.tenant}\0{holder}".encode())
    return held is None or (held.root == account.root and not held.moved_to)


def deepest_first(budgets: tuple[Budget, ...]) -> tuple[Budget, ...]:
    """What is nested deepest before what it is nested in."""
    parents = {each.id: each.parent for each in budgets}
    return tuple(sorted(budgets, key=lambda each: -depth_of(each.id, parents)))


def depth_of(budget: str, parents: dict[str, str]) -> int:
    """How many are above it; a circle ends where it began."""
    above: list[str] = []
    while (budget := parents.get(budget, "")) and budget not in above:
        above.append(budget)
    return len(above)
