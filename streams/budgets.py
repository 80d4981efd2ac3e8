"""Commands on budgets: each account knows those that count its usage, wherever they were put."""

from collections.abc import Iterable

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.budget import Budget, Budgets, CountedBudget
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import DAY
from streams.rate.budgets import depth_of
from streams.record_ids import KEPT_DAYS
from streams.state import Effects, State, Table
from streams.tenant_time import time_of


def put_budget(command: PutBudget | RemoveBudget, state: State, effects: Effects) -> None:
    """Put the budget for its account, or end it; all whose usage it counts or counted are told.

    What can be no budget is none: doors refuse it before.
    """
    if isinstance(command, PutBudget) and command.budget.mistake is not None:
        return
    key = f"{command.tenant}\0{command.account}".encode()
    held: Budgets = state.get(Table.BUDGETS, key) or Budgets()
    name = command.budget if isinstance(command, RemoveBudget) else command.budget.id
    own = (
        _ended(held.own, command) if isinstance(command, RemoveBudget) else _put(held.own, command)
    )
    # Usage of so long ago is charged no more.
    since = time_of(command.tenant, state) - KEPT_DAYS * DAY
    own = tuple(each for each in own if each.end > since)
    if own == held.own:
        return
    state.put(Table.BUDGETS, key, replace(held, own=own))
    for account in sorted(_counted_by((*held.own, *own), name, command.account)):
        _tell(account, name, own, command, state, effects)


def _put(own: tuple[Budget, ...], command: PutBudget) -> tuple[Budget, ...]:
    budget = command.budget
    earlier = [
        replace(each, end=min(each.end, budget.start)) if each.id == budget.id else each
        for each in own
        if each.id != budget.id or each.start < budget.start
    ]
    return tuple(sorted((*earlier, budget), key=_place))


def _ended(own: tuple[Budget, ...], command: RemoveBudget) -> tuple[Budget, ...]:
    return tuple(
        replace(each, end=min(each.end, command.end)) if each.id == command.budget else each
        for each in own
        if each.id != command.budget or each.start < command.end
    )


def _counted_by(budgets: Iterable[Budget], name: str, holder: str) -> set[str]:
    return {
        account for each in budgets if each.id == name for account in each.accounts or (holder,)
    }


def _tell(  # noqa: PLR0913 - which budgets of whom, and where that is told
    account: str,
    name: str,
    own: tuple[Budget, ...],
    command: PutBudget | RemoveBudget,
    state: State,
    effects: Effects,
) -> None:
    """What counts the account's usage of the holder's budgets of that name now."""
    key = f"{command.tenant}\0{account}".encode()
    held: Budgets = state.get(Table.BUDGETS, key) or Budgets()
    holder = command.account
    counted = [each for each in held.counted if (each.holder, each.budget.id) != (holder, name)]
    counted += [
        CountedBudget(holder, each)
        for each in own
        if each.id == name and account in (each.accounts or (holder,))
    ]
    parents = {each.budget.id: each.budget.parent for each in counted}
    counted.sort(
        key=lambda each: (-depth_of(each.budget.id, parents), each.holder, *_place(each.budget))
    )
    state.put(Table.BUDGETS, key, replace(held, counted=tuple(counted)))
    known: Account | None = state.get(Table.ACCOUNTS, key)
    if known is not None:
        # Whoever knows a payer by the account looks again.
        changed = replace(known, version=known.version + 1, has_budgets=True)
        state.put(Table.ACCOUNTS, key, changed)
        effects.facts.append(changed)


def _place(budget: Budget) -> tuple[str, int]:
    return budget.id, budget.start
