"""Budgets by the door: how much may be used in a time, by whom."""

from decimal import Decimal
from typing import Final, Literal
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
from streams.model.budget import Budget, Limited, WindowUnit
from streams.model.budget_command import PutBudget, RemoveBudget
from streams.rate.quantity import exact


class BudgetForm(Form):
    """So much of what it `limits` in a window, from `start` (now) until `end` (no end).

    `by` keeps it apart by an attribute of usage, `service_id`, `account` or `usage_type`;
    `limits_of` are the limits of single values of it. `accounts` are those whose usage counts;
    without them it is the account's own. It counts only what its `parent` counts too.
    """

    budget: str
    limits: Limited
    limit: Decimal | None = None
    every: WindowUnit = "month"
    rolling: int = 0
    level: str = ""
    units: tuple[str, ...] = ()
    currency: str = ""
    by: str = ""
    limits_of: dict[str, Decimal] = {}
    when: dict[str, str] = {}
    parent: str = ""
    accounts: tuple[str, ...] = ()
    at_limit: Literal["refuse", "end_oldest"] = "refuse"
    time_zone: str = "UTC"
    start: str = ""
    end: str = ""


class RemoveForm(Form):
    """The budget that counts no more, from `end` (now) on."""

    budget: str
    end: str = ""


def put_budget(form: BudgetForm, asked: Asked) -> PutBudget:
    """The budget, with every mistake of it refused."""
    start, end = span(form.start, form.end, asked.at, what="A budget")
    if form.time_zone not in available_timezones():
        raise WrongField("time_zone", f"{form.time_zone!r} is no time zone.")
    budget = Budget(
        name(form.budget, "budget"),
        form.limits,
        None if form.limit is None else exact(limit(form.limit, "limit")),
        form.every,
        form.rolling,
        form.level,
        form.units,
        form.currency,
        form.by,
        {value: exact(limit(most, "limits_of")) for value, most in form.limits_of.items()},
        form.when,
        form.parent,
        tuple(name(account, "accounts") for account in form.accounts),
        form.at_limit,
        form.time_zone,
        start,
        end,
    )
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
