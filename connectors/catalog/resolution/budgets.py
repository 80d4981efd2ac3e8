"""Budgets, from their words."""

from connectors.catalog.forms.budgets import BudgetTerms, CatalogBudgetForm
from streams.model.budget import Budget
from streams.model.instant import BEGINNING, FOREVER, Period
from streams.rate.quantity import exact

_ALWAYS = Period(BEGINNING, FOREVER)


def usual_budget(form: CatalogBudgetForm) -> Budget:
    """A budget that every account has."""
    return budget_of(form, form.id)


def budget_of(
    terms: BudgetTerms, name: str, *, accounts: tuple[str, ...] = (), span: Period = _ALWAYS
) -> Budget:
    """The budget of these terms as the core has it, for the time of `span`."""
    return Budget(
        name,
        terms.limits,
        None if terms.limit is None else exact(terms.limit),
        terms.every,
        terms.rolling,
        terms.level,
        terms.units,
        terms.currency,
        terms.by,
        {value: exact(limit) for value, limit in terms.limits_of.items()},
        terms.when,
        terms.parent,
        accounts,
        terms.at_limit,
        terms.time_zone,
        *span,
    )
