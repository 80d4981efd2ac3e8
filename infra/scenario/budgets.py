"""Steps that put budgets, and take them away."""

from infra.scenario.messages import instant
from infra.scenario.step_form import BudgetForm, RemoveBudgetForm
from streams.model.budget import Budget
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import BEGINNING, FOREVER
from streams.rate.quantity import exact


def budget_command(form: BudgetForm, *, root: str, tenant: str, step: int) -> PutBudget:
    """A budget of an account."""
    budget = Budget(
        form.budget,
        form.limits,
        None if form.limit is None else exact(form.limit),
        form.every,
        form.rolling,
        form.level,
        form.units,
        form.currency,
        form.by,
        {value: exact(limit) for value, limit in form.limits_of.items()},
        form.when,
        form.parent,
        form.accounts,
        form.at_limit,
        form.time_zone,
        BEGINNING if form.start is None else instant(form.start),
        FOREVER if form.end is None else instant(form.end),
    )
    command_id = f"{tenant}/{step}/budget/{form.account}/{form.budget}"
    return PutBudget(command_id, tenant, form.account, root, budget)


def remove_command(form: RemoveBudgetForm, *, root: str, tenant: str, step: int) -> RemoveBudget:
    """The end of a budget."""
    command_id = f"{tenant}/{step}/budget/{form.account}/{form.budget}"
    return RemoveBudget(command_id, tenant, form.account, root, form.budget, instant(form.at))
