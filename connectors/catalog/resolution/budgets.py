"""Budgets that every account has, from their words."""

from connectors.catalog.forms.budgets import CatalogBudgetForm
from streams.model.budget import Budget
from streams.rate.quantity import exact


def usual_budget(form: CatalogBudgetForm) -> Budget:
    """The budget as the core has it."""
    return Budget(
        form.id,
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
        (),
        form.at_limit,
        form.time_zone,
    )
