"""Multi-rate usage types, from their words."""

from connectors.catalog.forms.multi_rate import MultiRateForm
from streams.model.multi_rate import ChildRate, MultiRate


def multi_rate(words: MultiRateForm) -> MultiRate:
    """The multi-rate usage type."""
    return MultiRate(
        usage_type=words.usage_type,
        children=tuple(
            ChildRate(usage_type=child.usage_type, quantity=child.quantity)
            for child in words.children
        ),
        invoice_at=words.invoice_at,
        product=words.product,
    )
