"""Budgets by the door: how much may be used in a time, by whom."""

from typing import Final
from zoneinfo import available_timezones

from connectors.api.commands import (
    Asked,
    Form,
    WrongField,
    command_route,
    instant,
    known_root,
    limit,
    name,
    span,
)
from connectors.api.route import ACCOUNT
from connectors.catalog.forms.budgets import BudgetTerms
from connectors.catalog.resolution.budgets import budget_of
from streams.model.budget_command import PutBudget, RemoveBudget


class BudgetForm(BudgetTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of what it `limits` in a window, from `start` (now) until `end` (no end).

    `by` keeps it apart by an attribute of usage, `service_id`, `account` or `usage_type`;
    `limits_of` are the limits of single values of it. `accounts` are those whose usage counts;
    without them it is the account's own. It counts only what its `parent` counts too. `root` need
    not be said where the account is known already.
    """

    budget: str
    accounts: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    root: str = ""

    def whose(self) -> str:
        """The path names the account."""
        return ""


class RemoveForm(Form):
    """The budget that counts no more, from `end` (now) on."""

    budget: str
    end: str = ""


def put_budget(form: BudgetForm, asked: Asked) -> PutBudget:
    """The budget, with every mistake of it refused."""
    period = span(form.start, form.end, asked.at, what="A budget")
    if form.time_zone not in available_timezones():
        raise WrongField("time_zone", f"{form.time_zone!r} is no time zone.")
    if form.limit is not None:
        limit(form.limit, "limit")
    for most in form.limits_of.values():
        limit(most, "limits_of")
    accounts = tuple(name(account, "accounts") for account in form.accounts)
    budget = budget_of(form, name(form.budget, "budget"), accounts=accounts, span=period)
    if budget.mistake is not None:
        raise WrongField(*budget.mistake)
    return PutBudget(asked.command_id, asked.tenant, asked.account, known_root(asked), budget)


def remove_budget(form: RemoveForm, asked: Asked) -> RemoveBudget:
    """The budget until `end`."""
    end = instant(form.end, "end", asked.at)
    budget, root = name(form.budget, "budget"), known_root(asked)
    return RemoveBudget(asked.command_id, asked.tenant, asked.account, root, budget, end)


ROUTES: Final = (
    command_route(
        f"{ACCOUNT}/budgets", BudgetForm, put_budget, summary="Put a budget for an account"
    ),
    command_route(
        f"{ACCOUNT}/budgets/remove",
        RemoveForm,
        remove_budget,
        summary="Have a budget of an account count no more",
    ),
)
