"""How a unit is counted, from its words."""

from decimal import Decimal

from connectors.catalog.forms.quantity import ConvertForm, MeasureForm
from streams.model.measure import Conversion, DigitRounding, Measure


def measure(unit: str, words: MeasureForm) -> Measure:
    """The measure of a unit."""
    rounding = words.round
    return Measure(
        unit,
        words.minimum,
        words.increment,
        None if words.convert is None else _conversion(words.convert),
        None
        if rounding is None
        else DigitRounding(method=rounding.method, decimals=rounding.decimals),
        words.free_units,
        words.reference,
        words.aggregate,
    )


def _conversion(words: ConvertForm) -> Conversion:
    divides = words.divide_by is not None
    factor = words.divide_by if divides else words.multiply_by
    return Conversion(
        factor=factor or Decimal(1), divides=divides, unit=words.unit, rounding=words.rounding
    )
