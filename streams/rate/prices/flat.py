"""One amount a record, whatever its quantity.

Where a record has several units that the price names, the first of them carries the amount, so it
stands in the charge once. A record that a time band cuts pays it once, by the band it begins in. A
quantity of nothing costs nothing, unless the offer charges zero usage; one that takes back gives
the amount back.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.prices import Flat
from streams.rate.prices.price import Asking, Binder, CompiledPrice, Label, Lines, UnitPrice


class FlatPrice(CompiledPrice):
    """`amount` for the first part of the leaf, nothing for the others."""

    __slots__ = ("_amount", "opening")

    rule = "flat"

    def __init__(self, unit: str, label: Label, *, amount: Decimal) -> None:
        super().__init__(unit, label, reference=RECORD)
        self._amount = quantize_line(amount)
        at_once = self.line(0, each=self._amount, amount=self._amount, detail=label.detail)
        self.opening: Lines = (at_once,) if label.charges_zero else ()

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The amount, where nothing of the leaf was `used` before."""
        if used or not quantity or self.opening:
            return ()
        amount = self._amount if quantity > 0 else CONTEXT.minus(self._amount)
        return (self.line(quantity, each=self._amount, amount=amount, detail=self.detail),)


class Silent(CompiledPrice):
    """A unit that is covered by the price of another: it makes no line."""

    __slots__ = ()

    rule = "covered"

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """None."""
        return ()


class FlatOfFirst(Binder):
    """A flat amount over several units: on the first that the record has."""

    __slots__ = ("_flat", "_silent")

    def __init__(self, price: Flat, label: Label) -> None:
        super().__init__(price.units)
        self._flat = {unit: FlatPrice(unit, label, amount=price.amount) for unit in price.units}
        self._silent = silent(price.units, label)

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The amount on the first unit, nothing on the others."""
        first = first_of(asking, self.units)
        return self._silent if first is None else {**self._silent, first: self._flat[first]}


def first_of(asking: Asking, units: tuple[str, ...]) -> str | None:
    """The first unit of the record among `units`; one of nothing where there is no other."""
    named = [usage for usage in asking.record.usages if usage.unit in units]
    return next((usage.unit for usage in named if usage.quantity), named[0].unit if named else None)


def silent(units: tuple[str, ...], label: Label) -> dict[str, UnitPrice]:
    """Prices that make no line, by unit."""
    return {unit: Silent(unit, label, reference="") for unit in units}
