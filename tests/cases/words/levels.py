"""Availability: bands of a measured level, each with a credit."""

from decimal import Decimal

from tests.cases.draft import Draft, text_of
from tests.cases.fields import Fields, each

LEVEL = "availability_percent"


def credit_bands(draft: Draft, given: Fields) -> None:
    """`credit_bands` below `target_percent`: the credit on a fee of 100, so its percent.

    A band begins at `from`, inclusive, and ends below `to`; from the target on nothing is due.
    """
    levels = {given.number("target_percent"): Decimal(0)}
    for band in each(given.take("credit_bands"), "given.credit_bands"):
        start = band.number("from") if "from" in band else Decimal(0)
        band.take("to"), band.take("below")
        levels[start] = -band.number("percent")
        band.done()
    words = [{"from": text_of(at), "amount": text_of(levels[at])} for at in sorted(levels)]
    draft.unit = LEVEL
    draft.plan.rows.append({"threshold": {"unit": LEVEL, "levels": words}})
