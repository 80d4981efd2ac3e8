"""The most of a unit that an account can bear, by asking the rating core again and again."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from streams.model.money import CONTEXT, Quantity
from streams.session.probe import Probe

FINEST: Final = Decimal("0.001")
"""The steps by which a quantity with a fraction is cut."""


class Most(NamedTuple):
    """How much can be granted, with what it would take; `short` is what a little more would."""

    quantity: Quantity
    found: Probe
    short: Probe | None = None


def most(asked: Quantity, ask: Callable[[Quantity], Probe]) -> Most:
    """The largest quantity from one step up to `asked` that is covered, with what it would take.

    Where not even the smallest is, it is `asked` with what is said of the smallest. Whole
    quantities are cut by one, others by `FINEST`. Of a price where more can cost less (a volume
    tier) it is one that is covered, not surely the largest.
    """
    found = ask(asked)
    if found.refusal is not None or found.is_covered:
        return Most(asked, found)
    step = Decimal(1) if asked == int(asked) else FINEST
    high = int(CONTEXT.divide(Decimal(asked), step).to_integral_value(ROUND_FLOOR))
    low, best, short = 0, Most(asked, found), found
    while high - low > 1:
        middle = (low + high) // 2
        quantity = _quantity(middle, step)
        tried = ask(quantity)
        if tried.is_granted:
            low, best = middle, Most(quantity, tried)
        else:
            high, short = middle, tried
    return best._replace(found=best.found if low else short, short=short)


def _quantity(count: int, step: Decimal) -> Quantity:
    return count if step == 1 else CONTEXT.multiply(Decimal(count), step)
