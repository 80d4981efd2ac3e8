"""Check: what is wrong with a tree, told before a catalog is taken; all problems at once.

Source records have no schema, so most members are `dyn`: what they hold shows at run time. Kinds
that are known (literals, results of operators and functions, declared fields) must fit.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from typing import Literal as OneOf

from msgspec import Struct

from streams.expression.tree import (
    Binary,
    Call,
    Conditional,
    Expression,
    Field,
    Function,
    Has,
    Index,
    ListOf,
    Literal,
    Member,
    Unary,
)

Kind = OneOf["null", "bool", "number", "string", "list", "map", "dyn"]

NODES_MAX: Final = 200
"""The most parts of one expression: a bound for its cost, since there are no loops."""
DEPTH_MAX: Final = 32
"""The deepest nesting."""


class Scope(Struct, frozen=True):
    """The names an expression may use. `open` allows others too, as `dyn`.

    `members` tells by the name of a map what it holds, where all of that is of one kind; `named`
    the kind of single members of a map.
    """

    fields: Mapping[str, Kind]
    open: bool = False
    members: Mapping[str, Kind] = {}
    named: Mapping[str, Mapping[str, Kind]] = {}


_NUMBER_OPERATORS = ("-", "*", "/", "%")
_ORDERING_OPERATORS = ("<", "<=", ">", ">=")
_ARGUMENTS: Final[Mapping[Function, tuple[tuple[Kind, ...], ...]]] = {
    "size": (("string", "list", "map"),),
    "startsWith": (("string",), ("string",)),
    "endsWith": (("string",), ("string",)),
    "contains": (("string",), ("string",)),
    "int": (("number", "string"),),
    "decimal": (("number", "string"),),
    "string": (("string", "number", "bool"),),
}
_RESULTS: Final[Mapping[Function, Kind]] = {
    "size": "number",
    "startsWith": "bool",
    "endsWith": "bool",
    "contains": "bool",
    "int": "number",
    "decimal": "number",
    "string": "string",
}


def check_expression(
    expression: Expression, scope: Scope, *, wanted: Kind = "dyn"
) -> tuple[str, ...]:
    """All problems of an expression that must give a value of kind `wanted`; empty: it is sound."""
    if _depth(expression) > DEPTH_MAX:
        return (f"nested deeper than {DEPTH_MAX}",)
    size = sum(1 for _ in _nodes(expression))
    if size > NODES_MAX:
        return (f"{size} parts, the most is {NODES_MAX}",)
    checker = _Checker(scope)
    kind = checker.kind_of(expression)
    if "dyn" not in (wanted, kind) and kind != wanted:
        checker.problems.append(f"it gives a {kind}, a {wanted} is needed")
    return tuple(checker.problems)


def children_of(expression: Expression) -> tuple[Expression, ...]:
    """The parts that an expression is directly made of."""
    match expression:
        case Literal() | Field():
            return ()
        case Has(operand=operand):
            return () if operand is None else (operand,)
        case Member(operand=operand) | Unary(operand=operand):
            return (operand,)
        case Index(operand=operand, key=key):
            return (operand, key)
        case Binary(left=left, right=right):
            return (left, right)
        case Conditional(test=test, yes=yes, no=no):
            return (test, yes, no)
        case ListOf(items=items) | Call(arguments=items):
            return items


def _nodes(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in children_of(expression):
        yield from _nodes(child)


def _depth(expression: Expression) -> int:
    depth, level = 0, [expression]
    while level and depth <= DEPTH_MAX:
        depth, level = depth + 1, [child for node in level for child in children_of(node)]
    return depth


class _Checker:
    """Finds the kind of every part, noting problems on the way."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.problems: list[str] = []

    def kind_of(self, expression: Expression) -> Kind:
        match expression:
            case Literal(kind=kind):
                return "number" if kind == "int" or kind == "decimal" else kind
            case Field(name=name):
                return self._field(name)
            case Member(operand=operand, name=name):
                self._want(operand, ("map",), "a member")
                return self._member_of(operand, name)
            case Has(operand=operand):
                if operand is not None:
                    self._want(operand, ("map",), "a member")
                return "bool"
            case Index(operand=operand, key=key):
                self._want(operand, ("list", "map"), "[]")
                self._want(key, ("number", "string"), "[]")
                return self._member_of(operand)
            case Unary(operator=symbol, operand=operand):
                wanted: Kind = "bool" if symbol == "!" else "number"
                self._want(operand, (wanted,), symbol)
                return wanted
            case Binary():
                return self._binary(expression)
            case Conditional(test=test, yes=yes, no=no):
                self._want(test, ("bool",), "?")
                kinds = {self.kind_of(yes), self.kind_of(no)}
                return kinds.pop() if len(kinds) == 1 else "dyn"
            case ListOf(items=items):
                for item in items:
                    self.kind_of(item)
                return "list"
            case Call():
                return self._call(expression)

    def _field(self, name: str) -> Kind:
        kind = self._scope.fields.get(name)
        if kind is None and not self._scope.open:
            known = ", ".join(sorted(self._scope.fields))
            self.problems.append(f"unknown field {name}, there are: {known}")
        return kind or "dyn"

    def _member_of(self, operand: Expression, name: str = "") -> Kind:
        if isinstance(operand, Field):
            named = self._scope.named.get(operand.name, {})
            return named.get(name) or self._scope.members.get(operand.name, "dyn")
        return "dyn"

    def _want(self, operand: Expression, kinds: tuple[Kind, ...], of: str) -> Kind:
        kind = self.kind_of(operand)
        if kind != "dyn" and kind not in kinds:
            self.problems.append(f"{of} needs {' or '.join(kinds)}, not {kind}")
        return kind

    def _binary(self, expression: Binary) -> Kind:
        symbol, left, right = expression.operator, expression.left, expression.right
        if symbol in ("&&", "||"):
            self._want(left, ("bool",), symbol)
            self._want(right, ("bool",), symbol)
            return "bool"
        if symbol in _NUMBER_OPERATORS:
            self._want(left, ("number",), symbol)
            self._want(right, ("number",), symbol)
            return "number"
        if symbol == "in":
            self.kind_of(left)
            self._want(right, ("list", "map"), symbol)
            return "bool"
        kinds: tuple[Kind, ...] = ("number", "string")
        if symbol in _ORDERING_OPERATORS:
            kinds = ("number", "string", "bool")
        if symbol in ("==", "!="):
            kinds = ("null", "bool", "number", "string", "list", "map")
        first, second = self._want(left, kinds, symbol), self._want(right, kinds, symbol)
        if "dyn" not in (first, second) and first != second and "null" not in (first, second):
            self.problems.append(f"{symbol} between {first} and {second}")
        return (first if first != "dyn" else second) if symbol == "+" else "bool"

    def _call(self, expression: Call) -> Kind:
        wanted = _ARGUMENTS[expression.function]
        if len(wanted) != len(expression.arguments):
            given = len(expression.arguments)
            self.problems.append(f"{expression.function} takes {len(wanted)} values, not {given}")
        for argument, kinds in zip(expression.arguments, wanted, strict=False):
            self._want(argument, kinds, expression.function)
        return _RESULTS[expression.function]
