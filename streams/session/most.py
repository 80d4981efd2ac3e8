"""The most of a unit that an account can bear, by asking the rating core again and again."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from streams.model.money import CONTEXT, Quantity
from streams.session.probe import Probe

FINEST: Final = Decimal("0.001")
"""The steps by which a quantity with a fraction is cut."""


def most(asked: Quantity, ask: Callable[[Quantity], Probe]) -> tuple[Quantity, Probe | None]:
    """The largest quantity from one step up to `asked` that is covered, with what it would take.

    (0, None) where not even the smallest is. Whole quantities are cut by one, others by `FINEST`.
    Of a price where more can cost less (a volume tier) it is one that is covered, not surely the
    largest.
    """
    found = ask(asked)
    if found.refusal is not None:
        return 0, None
    if found.is_covered:
        return asked, found
    step = Decimal(1) if asked == int(asked) else FINEST
    high = int(CONTEXT.divide(Decimal(asked), step).to_integral_value(ROUND_FLOOR))
    low, best = 0, None
    while high - low > 1:
        middle = (low + high) // 2
        tried = ask(_quantity(middle, step))
        if tried.refusal is None and tried.is_covered:
            low, best = middle, tried
        else:
            high = middle
    return (_quantity(low, step), best) if best is not None else (0, None)


def _quantity(count: int, step: Decimal) -> Quantity:
    return count if step == 1 else CONTEXT.multiply(Decimal(count), step)
