"""Commission plans from their words."""

from collections.abc import Mapping

from connectors.catalog.forms.partners import CommissionPlanForm
from connectors.catalog.forms.when import BillingPeriodForm
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.resolution.money import steps_of, words_of
from connectors.catalog.resolution.when import period_named
from connectors.catalog.sheets import Sheets
from streams.model.commission import PARTNER, CommissionPlan, Level, Milestone


def commission_plan(
    form: CommissionPlanForm, sheets: Sheets, periods: Mapping[str, BillingPeriodForm]
) -> CommissionPlan:
    """A commission plan; its currency is that of the catalog where there is but one."""
    resolved = {
        "every": period_named(form.every, periods),
        "partner_from": form.partner_from or PARTNER,
        "currency": form.currency or sheets.currencies[0].form.code,
        "tiers": steps_of(form.tiers),
        "milestones": tuple(Milestone(each.start, each.bonus) for each in form.milestones),
        "levels": tuple(Level(each.start, each.tier) for each in form.levels),
        "settled_after": duration_of(form.settled_after),
        "levels_after": duration_of(form.levels_after),
    }
    return CommissionPlan(**words_of(form) | resolved)
