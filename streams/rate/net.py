"""What a record costs without the taxes on top of it."""

from decimal import Decimal

from streams.model.money import CONTEXT
from streams.model.tax import TAX
from streams.rate.rating import Rating


def without_tax(rating: Rating) -> Decimal:
    """Taxes that are contained in the price stay in it."""
    amount = rating.amount
    for line in rating.lines:
        if line.rule == TAX:
            amount = CONTEXT.subtract(amount, line.amount)
    return amount
