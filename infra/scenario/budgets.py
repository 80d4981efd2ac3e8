"""Steps that put budgets, and take them away."""

from connectors.catalog.resolution.budgets import budget_of
from infra.scenario.messages import instant
from infra.scenario.step_form import BudgetForm, RemoveBudgetForm
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.model.instant import BEGINNING, FOREVER, Period


def budget_command(form: BudgetForm, *, root: str, tenant: str, step: int) -> PutBudget:
    """A budget of an account."""
    start = BEGINNING if form.start is None else instant(form.start)
    end = FOREVER if form.end is None else instant(form.end)
    budget = budget_of(form, form.budget, accounts=form.accounts, span=Period(start, end))
    command_id = f"{tenant}/{step}/budget/{form.account}/{form.budget}"
    return PutBudget(command_id, tenant, form.account, root, budget)


def remove_command(form: RemoveBudgetForm, *, root: str, tenant: str, step: int) -> RemoveBudget:
    """The end of a budget."""
    command_id = f"{tenant}/{step}/budget/{form.account}/{form.budget}"
    return RemoveBudget(command_id, tenant, form.account, root, form.budget, instant(form.at))
