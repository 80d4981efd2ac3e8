"""The tree of an expression: what a catalog carries once its text has been parsed.

There are no doubles: a literal with a point is a `Decimal`.
"""

from typing import Literal as OneOf

from msgspec import Struct

LiteralKind = OneOf["null", "bool", "int", "decimal", "string"]
UnaryOperator = OneOf["!", "-"]
BinaryOperator = OneOf["||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"]
Function = OneOf["size", "startsWith", "endsWith", "contains", "int", "decimal", "string"]


class Literal(Struct, frozen=True, array_like=True, tag="literal"):
    """A constant, kept as the text of its value so that no digit is lost."""

    kind: LiteralKind
    text: str


class Field(Struct, frozen=True, array_like=True, tag="field"):
    """A name of the record that the rule looks at, such as `data`."""

    name: str


class Member(Struct, frozen=True, array_like=True, tag="member"):
    """`operand.name`; also written `operand["name"]` where the name is no identifier."""

    operand: "Expression"
    name: str


class Index(Struct, frozen=True, array_like=True, tag="index"):
    """`operand[key]`: an item of a list by its number, or of a map by a computed name."""

    operand: "Expression"
    key: "Expression"


class Has(Struct, frozen=True, array_like=True, tag="has"):
    """`has(operand.name)`: true where the member is there, however deep the path breaks off.

    Without an operand the record itself is asked: `has(name)`, which CEL does not have.
    """

    operand: "Expression | None"
    name: str


class Unary(Struct, frozen=True, array_like=True, tag="unary"):
    """Negation of a truth or of a number."""

    operator: UnaryOperator
    operand: "Expression"


class Binary(Struct, frozen=True, array_like=True, tag="binary"):
    """Two operands; `&&` and `||` look at the right one only where the left leaves it open."""

    operator: BinaryOperator
    left: "Expression"
    right: "Expression"


class Conditional(Struct, frozen=True, array_like=True, tag="conditional"):
    """`test ? yes : no`."""

    test: "Expression"
    yes: "Expression"
    no: "Expression"


class ListOf(Struct, frozen=True, array_like=True, tag="list"):
    """A list, the right side of `in`."""

    items: "tuple[Expression, ...]"


class Call(Struct, frozen=True, array_like=True, tag="call"):
    """A function; of a method call the target is the first argument."""

    function: Function
    arguments: "tuple[Expression, ...]"


Expression = Literal | Field | Member | Index | Has | Unary | Binary | Conditional | ListOf | Call
