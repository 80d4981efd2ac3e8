"""Entitlements from their words."""

from connectors.catalog.forms.entitlements import EntitlementForm
from streams.model.entitlement import Entitlement


def entitlement(form: EntitlementForm) -> Entitlement:
    """The model's entitlement."""
    return Entitlement(
        id=form.id,
        value=form.value,
        allowance=form.allowance,
        accumulator=form.accumulator,
        limit=form.limit,
        overage=form.overage,
    )
