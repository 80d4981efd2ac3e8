"""Policies, from their words."""

from connectors.catalog.forms.policies import PolicyForm
from streams.model.use_policy import UsePolicy


def use_policy(form: PolicyForm) -> UsePolicy:
    """The policy as the core has it."""
    return UsePolicy(
        id=form.id,
        usage_types=form.usage_types,
        when=form.when,
        attribute=form.attribute,
        allowed=form.allowed,
        unit=form.unit,
        most=form.most,
        time_unit=form.time_unit,
        bands=form.bands,
        otherwise=form.otherwise,
        instead=form.instead,
        reason=form.reason,
    )
