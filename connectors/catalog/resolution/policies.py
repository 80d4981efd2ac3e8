"""Policies, from their words."""

from msgspec import structs

from connectors.catalog.forms.policies import PolicyForm
from streams.model.use_policy import UsePolicy


def use_policy(form: PolicyForm) -> UsePolicy:
    """The policy as the core has it: in the same words."""
    return UsePolicy(**structs.asdict(form))
