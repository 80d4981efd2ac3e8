"""Commands on budgets: each account knows those that count its usage, wherever they were put.

They go with the account that they were put for when it moves.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.budget import Budget, Budgets, CountedBudget
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import DAY
from streams.rate.budgets import depth_of
from streams.record_ids import KEPT_DAYS
from streams.state import Effects, State, Table
from streams.tenant_time import time_of


class Owned(NamedTuple):
    """The budgets that were put for an account."""

    tenant: str
    holder: str
    own: tuple[Budget, ...]


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
        _ended(held.own, command)
        if isinstance(command, RemoveBudget)
        else _with(held.own, command.budget)
    )
    # Usage of so long ago is charged no more.
    since = time_of(command.tenant, state) - KEPT_DAYS * DAY
    own = tuple(each for each in own if each.end > since)
    if own == held.own:
        return
    state.put(Table.BUDGETS, key, replace(held, own=own))
    owned = Owned(command.tenant, command.account, own)
    for account in sorted(_counted_by((*held.own, *own), name, command.account)):
        _tell(account, name, owned, state, effects)


def let_members_go(account: Account, state: State, effects: Effects) -> None:
    """The account leaves: from now on nobody here counts in the budgets that were put for it."""
    held: Budgets | None = state.get(Table.BUDGETS, _key(account))
    if held is not None:
        owned = Owned(account.tenant, account.account, ())
        _tell_others(held.own, owned, state, effects)


def take_budgets(account: Account, state: State) -> tuple[Budget, ...]:
    """Take out the budgets that were put for an account which leaves.

    Those of others that count its usage stay, and count again when it comes back.
    """
    held: Budgets | None = state.get(Table.BUDGETS, _key(account))
    if held is None:
        return ()
    counted = tuple(each for each in held.counted if each.holder != account.account)
    if counted:
        state.put(Table.BUDGETS, _key(account), Budgets((), counted))
    else:
        state.delete(Table.BUDGETS, _key(account))
    return held.own


def bring_budgets(
    account: Account, carried: tuple[Budget, ...], state: State, effects: Effects
) -> bool:
    """Put the budgets that came with an account, under those put here meanwhile; True: it has some.

    Accounts of the root that they name count in them; budgets of the root that name it count it.
    """
    holder = account.account
    here: Budgets = state.get(Table.BUDGETS, _key(account)) or Budgets()
    own = carried
    for budget in here.own:
        own = _with(own, budget)
    counted = [each for each in here.counted if each.holder != holder]
    counted += [
        CountedBudget(holder, each) for each in own if holder in (each.accounts or (holder,))
    ]
    after = Budgets(own, _in_order(counted))
    if after == Budgets():
        return False
    state.put(Table.BUDGETS, _key(account), after)
    _tell_others(own, Owned(account.tenant, holder, own), state, effects)
    return True


def follow_root(account: Account, state: State, effects: Effects) -> None:
    """The account has another root on the same partition: who counts in its budgets looks again."""
    held: Budgets | None = state.get(Table.BUDGETS, _key(account))
    if held is not None:
        owned = Owned(account.tenant, account.account, held.own)
        _tell_others(held.own, owned, state, effects)


def _tell_others(told: tuple[Budget, ...], owned: Owned, state: State, effects: Effects) -> None:
    """Tell all but the holder whose usage the budgets count, or counted."""
    for name in sorted({each.id for each in told}):
        for account in sorted(_counted_by(told, name, owned.holder) - {owned.holder}):
            _tell(account, name, owned, state, effects)


def _key(account: Account) -> bytes:
    return f"{account.tenant}\0{account.account}".encode()


def _with(own: tuple[Budget, ...], budget: Budget) -> tuple[Budget, ...]:
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


def _tell(account: str, name: str, owned: Owned, state: State, effects: Effects) -> None:
    """What counts the account's usage of the holder's budgets of that name now."""
    key = f"{owned.tenant}\0{account}".encode()
    held: Budgets = state.get(Table.BUDGETS, key) or Budgets()
    holder = owned.holder
    counted = [each for each in held.counted if (each.holder, each.budget.id) != (holder, name)]
    counted += [
        CountedBudget(holder, each)
        for each in owned.own
        if each.id == name and account in (each.accounts or (holder,))
    ]
    state.put(Table.BUDGETS, key, replace(held, counted=_in_order(counted)))
    known: Account | None = state.get(Table.ACCOUNTS, key)
    if known is not None and not known.moved_to:
        # Whoever knows a payer by the account looks again.
        changed = replace(known, version=known.version + 1, has_budgets=True)
        state.put(Table.ACCOUNTS, key, changed)
        effects.facts.append(changed)


def _in_order(counted: list[CountedBudget]) -> tuple[CountedBudget, ...]:
    """What is nested deepest first."""
    parents = {each.budget.id: each.budget.parent for each in counted}
    return tuple(
        sorted(
            counted,
            key=lambda each: (
                -depth_of(each.budget.id, parents),
                each.holder,
                *_place(each.budget),
            ),
        )
    )


def _place(budget: Budget) -> tuple[str, int]:
    return budget.id, budget.start
