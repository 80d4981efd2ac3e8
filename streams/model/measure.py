"""How a quantity is counted before it is priced."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.price import NOTHING, RECORD

Aggregate = Literal["sum", "max", "latest"]
"""What the records of a period come to: all of them added up, the highest, or the last one."""

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
    `free_units`, in this order, by record, or over the total of the accumulator `reference`. Where
    the records of its period are not added up (`aggregate`), a record counts as the difference that
    it makes to what they come to, so the period costs what the highest, or the last, one costs.
    """

    unit: str
    minimum: Decimal = NOTHING
    increment: Decimal = NOTHING
    conversion: Conversion | None = None
    rounding: DigitRounding | None = None
    free_units: Decimal = NOTHING
    reference: str = RECORD
    aggregate: Aggregate = "sum"

    @property
    def priced_unit(self) -> str:
        """The unit that prices are for."""
        return self.unit if self.conversion is None else self.conversion.unit or self.unit
