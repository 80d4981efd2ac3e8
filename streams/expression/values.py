"""What the operators and functions of expressions do with values: CEL's meaning, exact numbers.

Numbers are `int` and `Decimal` and mix freely; a truth is no number. `Mismatch` never leaves
`compile_expression`, which turns it into a `Failure`.
"""

import re
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any, Final

from streams.model.money import CONTEXT

NUMBER_MAX: Final = 10**38
"""No result of arithmetic is larger."""

_DECIMAL = re.compile(r"-?\d{1,38}(?:\.\d{1,38})?", re.ASCII)
_INT = re.compile(r"-?\d{1,38}", re.ASCII)
_KINDS = {type(None): "null", bool: "bool", int: "number", Decimal: "number"}
_SIMPLE = frozenset({int, str, bool})
_KINDS |= {str: "string", list: "list", dict: "map"}


class Mismatch(Exception):
    """Values that an operator cannot take; the message is the cause told."""


def kind_of(value: Any) -> str:
    """The word for a value's kind; whole and other numbers are one kind."""
    return _KINDS.get(type(value), "unknown")


def literal_value(kind: str, text: str) -> Any:
    """The value of a literal."""
    match kind:
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int":
            return int(text)
        case "decimal":
            return Decimal(text)
        case _:
            return text


def member_of(held: Any, name: str) -> Any:
    """A member of a map."""
    if type(held) is not dict:
        raise Mismatch(f"{name} is looked for in a {kind_of(held)}")
    if name not in held:
        raise Mismatch(f"{name} is missing")
    return held[name]


def item_of(held: Any, key: Any) -> Any:
    """An item of a list by its number, or a member of a map by its name."""
    if type(held) is list and type(key) is int:
        if 0 <= key < len(held):
            return held[key]
        raise Mismatch(f"there is no item {key} in a list of {len(held)}")
    if type(key) is str:
        return member_of(held, key)
    raise Mismatch(f"a {kind_of(held)} has no item by a {kind_of(key)}")


def equal(left: Any, right: Any) -> bool:
    """Values of different kinds are never equal, so `true == 1` is false."""
    if type(left) is type(right) and type(left) in _SIMPLE:
        return bool(left == right)
    kind = _KINDS.get(type(left))
    if kind != _KINDS.get(type(right)):
        return False
    if kind == "list":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind == "map":
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def unequal(left: Any, right: Any) -> bool:
    """The opposite of `equal`."""
    return not equal(left, right)


def contains_item(item: Any, held: Any) -> bool:
    """`item in held`: one of a list, or a name of a map."""
    if type(held) is list:
        return any(equal(item, other) for other in held)
    if type(held) is dict:
        return type(item) is str and item in held
    raise Mismatch(f"in needs a list or a map, not a {kind_of(held)}")


def ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of two numbers, two strings or two truths."""

    def compute(left: Any, right: Any) -> bool:
        kind = _KINDS.get(type(left))
        if kind == _KINDS.get(type(right)) and kind in ("number", "string", "bool"):
            return compare(left, right)
        raise _no_operator(symbol, left, right)

    return compute


def add(left: Any, right: Any) -> Any:
    """Sum of numbers, or strings one after the other."""
    if type(left) is str and type(right) is str:
        return left + right
    return _arithmetic("+", CONTEXT.add, int.__add__, left, right)


def subtract(left: Any, right: Any) -> Any:
    """Difference of numbers."""
    return _arithmetic("-", CONTEXT.subtract, int.__sub__, left, right)


def multiply(left: Any, right: Any) -> Any:
    """Product of numbers."""
    return _arithmetic("*", CONTEXT.multiply, int.__mul__, left, right)


def divide(left: Any, right: Any) -> Any:
    """Quotient: of whole numbers cut towards zero, of others with 38 digits."""
    return _arithmetic("/", CONTEXT.divide, _divide_whole, left, right)


def remainder(left: Any, right: Any) -> Any:
    """Remainder with the sign of the left side."""
    return _arithmetic("%", CONTEXT.remainder, _remainder_whole, left, right)


def negate(value: Any) -> Any:
    """The number with its sign turned."""
    return subtract(0, value)


def _divide_whole(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder_whole(left: int, right: int) -> int:
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _arithmetic(
    symbol: str,
    exact: Callable[[Decimal, Decimal], Decimal],
    whole: Callable[[int, int], int],
    *sides: Any,
) -> Any:
    left, right = sides
    if _KINDS.get(type(left)) != "number" or _KINDS.get(type(right)) != "number":
        raise _no_operator(symbol, left, right)
    if abs(left) > NUMBER_MAX or abs(right) > NUMBER_MAX:
        raise Mismatch(f"a side of {symbol} is beyond 10^38")
    try:
        if type(left) is int and type(right) is int:
            result: Any = whole(left, right)
        else:
            result = exact(Decimal(left), Decimal(right))
    except (DecimalException, ZeroDivisionError) as error:
        raise Mismatch(f"{left} {symbol} {right} has no exact value") from error
    if abs(result) > NUMBER_MAX:
        raise Mismatch(f"the result of {symbol} is beyond 10^38")
    return result


def _no_operator(symbol: str, left: Any, right: Any) -> Mismatch:
    return Mismatch(f"{symbol} between a {kind_of(left)} and a {kind_of(right)}")


def _size(value: Any) -> int:
    if type(value) in (str, list, dict):
        return len(value)
    raise Mismatch(f"size of a {kind_of(value)}")


def _of_strings(name: str, compute: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def apply(text: Any, part: Any) -> bool:
        if type(text) is str and type(part) is str:
            return compute(text, part)
        raise Mismatch(f"{name} between a {kind_of(text)} and a {kind_of(part)}")

    return apply


def _to_int(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is Decimal and abs(value) <= NUMBER_MAX:
        return int(value)
    if type(value) is str and _INT.fullmatch(value):
        return int(value)
    raise Mismatch(f"int of {value!r:.60}")


def _to_decimal(value: Any) -> Decimal:
    if type(value) is int and abs(value) <= NUMBER_MAX:
        return Decimal(value)
    if type(value) is Decimal:
        return value
    if type(value) is str and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise Mismatch(f"decimal of {value!r:.60}")


def _to_string(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) in (int, Decimal):
        return str(value)
    raise Mismatch(f"string of a {kind_of(value)}")


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "size": _size,
    "startsWith": _of_strings("startsWith", str.startswith),
    "endsWith": _of_strings("endsWith", str.endswith),
    "contains": _of_strings("contains", str.__contains__),
    "int": _to_int,
    "decimal": _to_decimal,
    "string": _to_string,
}
"""By name: the function; a method's target is its first argument."""
