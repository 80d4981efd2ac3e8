"""Checks over the whole catalog: one file a subject, each reports all that it finds.

Their order is the order of reading: what is declared, what refers to it, what it amounts to.
"""

from collections.abc import Callable

from connectors.catalog.checks.accumulators import check_accumulators
from connectors.catalog.checks.at_change import check_at_change
from connectors.catalog.checks.attributes import check_attributes
from connectors.catalog.checks.best_of import check_best_of
from connectors.catalog.checks.budgets import check_budgets
from connectors.catalog.checks.commission import check_commission
from connectors.catalog.checks.discounts import check_discounts
from connectors.catalog.checks.entitlements import check_entitlements
from connectors.catalog.checks.evaluations import check_evaluations
from connectors.catalog.checks.factors import check_factors
from connectors.catalog.checks.fees import check_fees
from connectors.catalog.checks.fields import check_fields
from connectors.catalog.checks.holding import check_holding
from connectors.catalog.checks.loyalty import check_loyalty
from connectors.catalog.checks.multi_rate import check_multi_rate
from connectors.catalog.checks.offers import check_offers
from connectors.catalog.checks.outcomes import check_outcomes
from connectors.catalog.checks.partners import check_partners
from connectors.catalog.checks.platforms import check_platforms
from connectors.catalog.checks.policies import check_policies
from connectors.catalog.checks.prices import check_prices
from connectors.catalog.checks.rate_units import check_rate_units
from connectors.catalog.checks.rating_groups import check_rating_groups
from connectors.catalog.checks.resources import check_resources
from connectors.catalog.checks.rounding import check_rounding
from connectors.catalog.checks.sessions import check_sessions
from connectors.catalog.checks.shared_caps import check_shared_caps
from connectors.catalog.checks.spend import check_spend
from connectors.catalog.checks.taxes import check_taxes
from connectors.catalog.checks.thresholds import check_thresholds
from connectors.catalog.checks.units import check_units
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets

Check = Callable[[Sheets, Names, ProblemBook], None]

CHECKS: tuple[Check, ...] = (
    check_units,
    check_at_change,
    check_rounding,
    check_rate_units,
    check_multi_rate,
    check_resources,
    check_factors,
    check_attributes,
    check_accumulators,
    check_thresholds,
    check_evaluations,
    check_offers,
    check_best_of,
    check_prices,
    check_holding,
    check_discounts,
    check_taxes,
    check_partners,
    check_commission,
    check_loyalty,
    check_fees,
    check_spend,
    check_sessions,
    check_shared_caps,
    check_policies,
    check_budgets,
    check_entitlements,
    check_platforms,
    check_fields,
    check_outcomes,
    check_rating_groups,
)
