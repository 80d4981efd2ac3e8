"""The words of quantities: how a unit is counted before it is priced."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.measure import Aggregate

CountRounding = Literal["ceiling", "floor", "half_up", "half_even", "none"]


class ConvertForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Into another unit: divided or multiplied, then rounded to whole ones."""

    divide_by: Decimal | None = None
    multiply_by: Decimal | None = None
    unit: str = ""
    rounding: CountRounding = "none"


class RoundForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To `decimals` digits after the point; negative ones stand before it."""

    method: Literal["ceiling", "floor", "half_up", "half_even"]
    decimals: int = 0


class MeasureForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a unit is counted: at least `minimum`, full `increment`s, converted, rounded, some free.

    `reference` is an accumulator whose total is converted, rounded and freed of units as a whole,
    or `record`: each record alone. `aggregate` says what the records of its period come to: their
    sum, the highest (`max`), or the last one (`latest`).
    """

    minimum: Decimal = Decimal(0)
    increment: Decimal = Decimal(0)
    convert: ConvertForm | None = None
    round: RoundForm | None = None
    free_units: Decimal = Decimal(0)
    reference: str = "record"
    aggregate: Aggregate = "sum"
