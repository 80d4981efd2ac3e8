"""How a quantity is counted before it is priced."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.price import NOTHING, RECORD

CountRounding = Literal["ceiling", "floor", "half_up", "half_even", "none"]


class Conversion(Struct, frozen=True, kw_only=True):
    """Into `unit` (empty: the same): divided or multiplied by `factor`, rounded to whole ones."""

    factor: Decimal
    divides: bool
    unit: str = ""
    rounding: CountRounding = "none"


class DigitRounding(Struct, frozen=True, kw_only=True):
    """To `decimals` digits after the point; negative ones stand before it."""

    method: Literal["ceiling", "floor", "half_up", "half_even"]
    decimals: int = 0


class Measure(Struct, frozen=True, array_like=True):
    """How a unit is counted before it is priced.

    At least `minimum`, then full `increment`s, by record. Then conversion, rounding and
    `free_units`, in this order, by record, or over the total of the accumulator `reference`.
    """

    unit: str
    minimum: Decimal = NOTHING
    increment: Decimal = NOTHING
    conversion: Conversion | None = None
    rounding: DigitRounding | None = None
    free_units: Decimal = NOTHING
    reference: str = RECORD

    @property
    def priced_unit(self) -> str:
        """The unit that prices are for."""
        return self.unit if self.conversion is None else self.conversion.unit or self.unit
