"""Every unit costs the same."""

from decimal import Decimal
from typing import TypeGuard

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import ONE
from streams.model.rated import ChargeLine
from streams.rate.prices.price import CompiledPrice, Label, Lines, UnitPrice

_multiply = CONTEXT.multiply


class PerUnitPrice(CompiledPrice):
    """`amount` for `per` units.

    Where the amount of one unit is exact at a line's scale, a whole quantity needs one
    multiplication and no rounding; else the product is divided and quantized once.
    """

    __slots__ = ("_amount", "_per", "is_exact", "unit_amount")

    rule = "per_unit"

    def __init__(self, unit: str, label: Label, *, amount: Decimal, per: Decimal = ONE) -> None:
        super().__init__(unit, label, reference="")
        self._amount = amount
        self._per = per
        self.unit_amount = quantize_line(CONTEXT.divide(amount, per))
        self.is_exact = CONTEXT.multiply(self.unit_amount, per) == amount

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line; what was `used` before does not matter."""
        if self.is_exact and type(quantity) is int:
            amount = _multiply(quantity, self.unit_amount)
        else:
            product = _multiply(quantity, self._amount)
            amount = quantize_line(CONTEXT.divide(product, self._per))
        return (
            ChargeLine(
                self._rule, self.source, self.unit, quantity, self.unit_amount, amount, self.detail
            ),
        )


def is_per_unit(price: UnitPrice) -> TypeGuard[PerUnitPrice]:
    """True for `PerUnitPrice` and those kinds that only give it another name."""
    return getattr(type(price), "lines", None) is PerUnitPrice.lines
