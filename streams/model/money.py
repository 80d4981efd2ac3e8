"""Exact amounts: one decimal context, one scale within a line, one rounding at the end.

Amounts are `Decimal` under `CONTEXT` (precision 38, a float cannot slip in). A charge line is
quantized once to `LINE_SCALE` (12 digits); minor units appear only where the catalog says so, by
`round_total`. `allot` cuts a whole into parts that sum to it (largest remainder).
"""

import decimal
from collections.abc import Sequence
from decimal import Decimal
from math import lcm

Currency = str
Quantity = int | Decimal
"""A measured amount. Counts stay `int` on the wire and in memory; fractions are `Decimal`."""

CONTEXT = decimal.Context(
    prec=38,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[
        decimal.FloatOperation,
        decimal.InvalidOperation,
        decimal.DivisionByZero,
        decimal.Overflow,
    ],
)
# An operator between two decimals works by the thread's context, 28 digits by default: fewer than a
# quantity may have. With as many as here, a plain sum or sign rounds nothing that may be charged.
decimal.DefaultContext.prec = CONTEXT.prec
decimal.getcontext().prec = CONTEXT.prec

WHOLE_MAX = 2**63 - 1
"""The largest count that stays an `int`: more does not fit the wire's integers."""
LINE_SCALE = 12
"""Digits after the point of a line."""
LINE_QUANTUM = Decimal(1).scaleb(-LINE_SCALE)
ZERO = Decimal(0)

ROUNDING_MODES = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}
"""Catalog word → mode of the decimal module. `up` is away from zero, `down` towards it."""


def quantize_line(amount: Decimal) -> Decimal:
    """The amount at the scale of a line (12 digits after the point, half even)."""
    return amount.quantize(LINE_QUANTUM, None, CONTEXT)


def round_total(amount: Decimal, *, digits: int, mode: str) -> Decimal:
    """The amount at `digits` after the point (a minor unit), by a `ROUNDING_MODES` word."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUNDING_MODES[mode], CONTEXT)


def added(held: Quantity, amount: Quantity) -> Quantity:
    """Their exact sum; counts stay counts, up to `WHOLE_MAX`."""
    if type(held) is int and type(amount) is int:
        total = held + amount
        if -WHOLE_MAX <= total <= WHOLE_MAX:
            return total
    return CONTEXT.add(held, amount)


def minus(quantity: Quantity) -> Quantity:
    """The opposite, exactly."""
    return -quantity if type(quantity) is int else CONTEXT.minus(quantity)


def trimmed(amount: Decimal) -> Decimal:
    """The same number without the zeros at its end, never in exponent form."""
    short = amount.normalize(CONTEXT)
    return short.quantize(Decimal(1)) if short.as_tuple().exponent in range(1, 39) else short


def allot(total: int, weights: Sequence[Decimal]) -> list[int]:
    """Cut `total` minor units by `weights` so that the parts sum to it exactly.

    Largest remainder: each part is within one unit of its exact share; of equal remainders the
    first in order wins. `weights` must be non-negative with a positive sum.
    """
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*[below for _, below in ratios])
    return allot_whole(total, [above * (common // below) for above, below in ratios])


def allot_whole(total: int, weights: Sequence[int]) -> list[int]:
    """`allot` by whole weights."""
    whole = sum(weights)
    assert whole > 0
    assert min(weights) >= 0
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [part for part, _ in shares]
    left = total - sum(parts)
    if left:
        by_remainder = sorted(range(len(parts)), key=lambda place: -shares[place][1])
        for place in by_remainder[:left]:
            parts[place] += 1
    return parts
