"""Compile: a checked tree → one Python closure, total over every plain record.

Closures are nested once at catalog load; nothing walks the tree for a record. A value of the wrong
type, a missing member or a result out of bounds ends as a `Failure`, never as an exception.
"""

import operator as python
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from streams.expression.tree import (
    Binary,
    Call,
    Conditional,
    Expression,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    Member,
    Unary,
)
from streams.expression.values import (
    FUNCTIONS,
    Mismatch,
    add,
    contains_item,
    divide,
    equal,
    item_of,
    literal_value,
    member_of,
    multiply,
    negate,
    ordering,
    remainder,
    subtract,
    unequal,
)


class Failure(Struct, frozen=True):
    """The expression has no value for this record; `cause` says why in one sentence."""

    cause: str


Evaluate = Callable[[dict[str, Any]], Any]

_COMPUTE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "==": equal,
    "!=": unequal,
    "<": ordering("<", python.lt),
    "<=": ordering("<=", python.le),
    ">": ordering(">", python.gt),
    ">=": ordering(">=", python.ge),
    "in": contains_item,
}

_TRUTHS: Final = ("==", "!=", "<", "<=", ">", ">=", "in", "&&", "||")
"""The operators that give true or false."""


def compile_expression(expression: Expression) -> Evaluate:
    """The function that computes the expression for a record: a plain value or a `Failure`."""
    inner = _compile(expression)

    def evaluate(plain: dict[str, Any]) -> Any:
        try:
            return inner(plain)
        except Mismatch as mismatch:
            return Failure(str(mismatch))
        except RecursionError:
            return Failure("values nested too deep were compared")

    return evaluate


def _compile(expression: Expression) -> Evaluate:
    match expression:
        case Literal(kind=kind, text=text):
            constant = literal_value(kind, text)
            return lambda plain: constant
        case Field(name=name):
            return lambda plain: member_of(plain, name)
        case Member(operand=operand, name=name):
            return _compile_member(operand, name)
        case Index(operand=operand, key=key):
            list_or_map, wanted = _compile(operand), _compile(key)
            return lambda plain: item_of(list_or_map(plain), wanted(plain))
        case Has(operand=operand, name=name):
            return _compile_has(operand, name)
        case Unary(operator=symbol, operand=operand):
            return _compile_unary(symbol, _compile(operand))
        case Binary(operator=symbol, left=left, right=right):
            return _compile_binary(symbol, left, right)
        case Conditional(test=test, yes=yes, no=no):
            return _compile_conditional(_compile(test), _compile(yes), _compile(no))
        case ListOf(items=items):
            return _compile_list(items)
        case Call(function=function, arguments=arguments):
            apply, compiled = FUNCTIONS[function], tuple(map(_compile, arguments))
            return lambda plain: apply(*[argument(plain) for argument in compiled])


def _compile_member(operand: Expression, name: str) -> Evaluate:
    if isinstance(operand, Field):
        return _compile_field_member(operand.name, name)
    holder = _compile(operand)

    def evaluate(plain: dict[str, Any]) -> Any:
        held = holder(plain)
        # The common case stands here for speed; `member_of` tells what is wrong with the others.
        if type(held) is dict and name in held:
            return held[name]
        return member_of(held, name)

    return evaluate


def _compile_field_member(field: str, name: str) -> Evaluate:
    """`data.status`: the most frequent place of all is looked up in one go."""

    def evaluate(plain: dict[str, Any]) -> Any:
        held = plain.get(field)
        if type(held) is dict and name in held:
            return held[name]
        return member_of(member_of(plain, field), name)

    return evaluate


def _compile_has(operand: Expression | None, name: str) -> Evaluate:
    if operand is None:
        return lambda plain: name in plain
    if isinstance(operand, Field):
        field = operand.name

        def has_member(plain: dict[str, Any]) -> bool:
            held = plain.get(field)
            return type(held) is dict and name in held

        return has_member
    holder = _compile(operand)

    def evaluate(plain: dict[str, Any]) -> bool:
        try:
            held = holder(plain)
        except Mismatch:
            return False
        return type(held) is dict and name in held

    return evaluate


def _compile_unary(symbol: str, operand: Evaluate) -> Evaluate:
    if symbol == "-":
        return lambda plain: negate(operand(plain))

    def evaluate(plain: dict[str, Any]) -> bool:
        return not _truth(operand(plain), "!")

    return evaluate


def _compile_binary(symbol: str, left: Expression, right: Expression) -> Evaluate:
    first, second = _compile(left), _compile(right)
    if symbol in ("&&", "||"):
        if _is_sure(left) and _is_truth(right):
            return _compile_sure_logic(symbol, first, second)
        return _compile_logic(symbol, first, second)
    compute = _COMPUTE[symbol]
    if isinstance(right, Literal):
        constant = literal_value(right.kind, right.text)
        if symbol in ("==", "!=") and right.kind in ("int", "string"):
            return _compile_comparison(first, constant, wanted=symbol == "==")
        return lambda plain: compute(first(plain), constant)
    return lambda plain: compute(first(plain), second(plain))


def _compile_comparison(first: Evaluate, constant: int | str, *, wanted: bool) -> Evaluate:
    """Equality with a constant, the most frequent rule: values of its own type need no look."""
    own = type(constant)

    def evaluate(plain: dict[str, Any]) -> bool:
        value = first(plain)
        same = value == constant if type(value) is own else equal(value, constant)
        return same is wanted

    return evaluate


def _compile_logic(symbol: str, first: Evaluate, second: Evaluate) -> Evaluate:
    """Either side alone may decide, so a failure of the left one waits for the right one (CEL)."""
    deciding = symbol == "||"

    def evaluate(plain: dict[str, Any]) -> bool:
        try:
            left = _truth(first(plain), symbol)
        except Mismatch:
            if _truth(second(plain), symbol) is deciding:
                return deciding
            raise
        return deciding if left is deciding else _truth(second(plain), symbol)

    return evaluate


def _compile_sure_logic(symbol: str, first: Evaluate, second: Evaluate) -> Evaluate:
    """`has(a.b) && a.b == …`: the left side cannot fail and the right one gives a truth."""
    if symbol == "||":
        return lambda plain: True if first(plain) else second(plain)
    return lambda plain: second(plain) if first(plain) else False


def _is_sure(expression: Expression) -> bool:
    """True for what is true or false for every record."""
    return isinstance(expression, Has)


def _is_truth(expression: Expression) -> bool:
    """True for what is true or false where it has a value at all."""
    return isinstance(expression, Has) or (
        isinstance(expression, Binary) and expression.operator in _TRUTHS
    )


def _compile_conditional(test: Evaluate, yes: Evaluate, no: Evaluate) -> Evaluate:
    return lambda plain: yes(plain) if _truth(test(plain), "?") else no(plain)


def _compile_list(items: tuple[Expression, ...]) -> Evaluate:
    if all(isinstance(item, Literal) for item in items):
        constants = [literal_value(item.kind, item.text) for item in items]  # type: ignore[union-attr]
        return lambda plain: constants
    compiled = tuple(map(_compile, items))
    return lambda plain: [item(plain) for item in compiled]


def _truth(value: Any, symbol: str) -> bool:
    if value is True or value is False:
        return bool(value)
    raise Mismatch(f"{symbol} needs a truth, not {value!r:.60}")
