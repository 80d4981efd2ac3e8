"""Packages: an opened one costs as much as a full one.

The first `free_units` are in none. Then `up` counts a package from its first unit on, `down` when
it is full, `half_up` from its half on; `exact` charges the share of it that was used. With an
accumulator, a package that one record has opened is filled up by the next.
"""

from collections.abc import Callable

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.prices import Package
from streams.rate.prices.price import (
    NO_AMOUNT,
    CompiledPrice,
    CumulativePrice,
    Label,
    Lines,
    Total,
    completed,
    nearest,
    product_of,
    started,
)
from streams.rate.quantity import exact

_COUNTS: dict[str, Callable[[Quantity, Quantity], int]] = {
    "up": started,
    "down": completed,
    "half_up": nearest,
}


class PackagePrice(CompiledPrice):
    """`amount` for each package; a line tells in `packages` how many it added."""

    __slots__ = ("_amount", "_count", "_each", "_free", "_size")

    rule = "package"

    def __init__(self, price: Package, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._size = exact(price.size)
        self._free = exact(price.free_units)
        self._amount = price.amount
        self._each = quantize_line(price.amount)
        self._count = _COUNTS[price.rounding]

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line, also where the quantity still fits a package that was opened before."""
        after = used + quantity
        if quantity < 0 and self.reference == RECORD:
            used, after = -after, -used
        packages = self._packages(after) - self._packages(used)
        amount = quantize_line(CONTEXT.multiply(packages, self._amount))
        detail = self.detail | {"packages": str(packages)}
        return (self.line(quantity, each=self._each, amount=amount, detail=detail),)

    def _packages(self, counted: Quantity) -> int:
        charged = counted - self._free
        return self._count(charged, self._size) if charged > 0 else 0


class SharePrice(CumulativePrice):
    """`amount` for each package, and its share for one that is not full."""

    __slots__ = ("_amount", "_each", "_free", "_size")

    rule = "package"

    def __init__(self, price: Package, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._size = price.size
        self._free = exact(price.free_units)
        self._amount = price.amount
        self._each = quantize_line(price.amount)

    def total(self, counted: Quantity) -> Total:
        """The share that this many units have of a package."""
        charged = counted - self._free
        if charged <= 0:
            return Total(NO_AMOUNT, self._each, self.detail)
        return Total(product_of(charged, self._amount, self._size), self._each, self.detail)
