"""What a quantity costs: lines as exact decimals at twelve digits."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import pairwise

from tests.exactness.tariff import Offer, Price

EXACT = Context(prec=60)
TWELVE = Decimal("1e-12")


def twelve(amount: Decimal) -> Decimal:
    """At the scale of a line."""
    return amount.quantize(TWELVE, ROUND_HALF_EVEN, EXACT)


def pick(offer: Offer, unit: str, known: dict[str, str]) -> Price | None:
    """Of the prices of the unit that hold, the one with most words; the first among equals."""
    fitting = [
        price
        for price in offer.prices
        if (unit in price.amounts or price.unit == unit)
        and all(known.get(word, "") == value for word, value in price.when.items())
    ]
    return max(fitting, key=lambda price: len(price.when), default=None)


def cost(price: Price, unit: str, quantity: Decimal, used: Decimal) -> Decimal:
    """The cost of `quantity` units after `used`, each line of it rounded to twelve digits."""
    if unit in price.amounts:
        return twelve(EXACT.divide(EXACT.multiply(price.amounts[unit], quantity), price.per))
    total, low, at, end = Decimal(0), Decimal(0), used, used + quantity
    for up_to, amount, flat in price.tiers:
        high = end if up_to is None else min(end, up_to)
        if at < high:
            if at == low:
                total += flat
            part = EXACT.multiply(amount, high - at)
            total += twelve(EXACT.divide(part, price.per))
            at = high
        if up_to is not None:
            low = up_to
    return total


def measured(quantity: Decimal, minimum: Decimal, increment: Decimal) -> Decimal:
    """Nothing stays nothing; else the minimum, then full increments."""
    if not quantity:
        return quantity
    quantity = max(quantity, minimum)
    if increment:
        steps = -(-quantity // increment)
        quantity = steps * increment
    return quantity


def divided(quantity: Decimal, lengths: list[timedelta]) -> list[Decimal]:
    """A part for each length by its share, cut at the running share (twelve digits if inexact)."""
    whole = sum(lengths, timedelta())
    if len(lengths) == 1 or not whole:
        return [quantity]
    micro = timedelta(microseconds=1)
    cuts, run = [Decimal(0)], timedelta()
    for length in lengths[:-1]:
        run += length
        share = EXACT.multiply(quantity, Decimal(run // micro))
        exact = EXACT.divide(share, Decimal(whole // micro))
        cuts.append(exact if exact == twelve(exact) else twelve(exact))
    cuts.append(quantity)
    return [b - a for a, b in pairwise(cuts)]
