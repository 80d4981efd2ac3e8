"""Rate units compiled: the functions that derive a record's quantity.

A derived quantity is exact: a whole number, or a decimal of at most twelve digits after the point
(half even). It may be negative, which takes back, and its size is bounded like that of any
quantity that a source sends: 10^18 is the last that is taken.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from streams.expression import Expression, Failure, compile_expression
from streams.functions import Functions, QuantityFunction
from streams.model.money import ZERO, Quantity
from streams.model.rate_unit import RateUnit
from streams.model.rated import ChargeLine
from streams.outcome import Drop, Reject, RejectReason
from streams.rate.asked import names_below
from streams.rate.plain_usage import ACCUMULATORS, Plain, Tell, compile_plain
from streams.rate.quantity import quantity_of
from streams.rate.rating import Rating

RULE: Final = "rate_unit"
_OF_PAYER: Final = ("account", "subscription", "service", "segment")


class Derived(Struct, frozen=True):
    """The quantity, and the line that tells how it was found; the line costs nothing."""

    quantity: Quantity
    line: ChargeLine


Derive = Callable[[Rating], Derived | Drop | Reject]
"""The quantity of a record, or why there is none."""


def compile_derivation(
    unit: RateUnit,
    functions: Functions,
    *,
    units: Iterable[str],
    accumulators: Iterable[str],
) -> Derive:
    """How a rate unit derives the quantity of a usage type with these units.

    `accumulators` are all that the catalog has. Raises LookupError where a function is not there.
    """
    if unit.expression is not None:
        named = names_below(unit.expression, ACCUMULATORS)
        return _compile_expression(unit, unit.expression, compile_plain(units, named))
    compute = functions.quantities.get(unit.function)
    if compute is None:
        raise LookupError(f"no quantity function {unit.function!r} is installed")
    return _compile_function(unit, compute, compile_plain(units, accumulators))


def _compile_expression(unit: RateUnit, expression: Expression, tell: Tell) -> Derive:
    evaluate, detail = compile_expression(expression), {"derivation": "expression"}
    asked = tuple(f"{of}.{name}" for of in _OF_PAYER for name in names_below(expression, of))

    def derive(rating: Rating) -> Derived | Reject:
        value = evaluate(_told(rating, tell))
        if type(value) is Failure:
            return no_quantity(rating, unit.id, value.cause)
        if asked and rating.payer.plain is not None:
            told = {word: rating.word(word) or "" for word in asked}
            return derived(rating, unit, value, detail | told)
        return derived(rating, unit, value, detail)

    return derive


def _compile_function(unit: RateUnit, compute: QuantityFunction, tell: Tell) -> Derive:
    detail = {"derivation": "function", "function": unit.function}

    def derive(rating: Rating) -> Derived | Reject:
        return derived(rating, unit, compute(frozen(_told(rating, tell))), detail)

    return derive


def _told(rating: Rating, tell: Tell) -> Plain:
    return tell(rating.record, rating.payer, rating.used_of)


def derived(rating: Rating, unit: RateUnit, value: Any, detail: dict[str, str]) -> Derived | Reject:
    """A computed value as a quantity, with its line."""
    quantity = quantity_of(value)
    if quantity is None:
        return no_quantity(rating, unit.id, f"{value!r:.60} is no quantity")
    return Derived(quantity, ChargeLine(RULE, unit.id, unit.unit, quantity, ZERO, ZERO, detail))


def frozen(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    """Plain values that whoever gets them cannot change."""
    return MappingProxyType(
        {
            name: MappingProxyType(value) if type(value) is dict else value
            for name, value in plain.items()
        }
    )


def no_quantity(rating: Rating, rate_unit: str, why: str) -> Reject:
    """The rate unit has no quantity for this record."""
    record = rating.record
    return Reject(
        RejectReason.NO_QUANTITY,
        f"rate unit {rate_unit}: {why}",
        lacks=f"rate_unit:{record.tenant}:{rate_unit}",
    )
