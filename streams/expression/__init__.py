"""Rules of the catalog: CEL's grammar over exact numbers, from typed tree to Python closure.

`connectors/catalog/cel.py` parses the text, `check` finds what is wrong with the tree before the
catalog is taken, `compile` makes a total function of it.
"""

from streams.expression.check import Kind, Scope, check_expression, children_of
from streams.expression.compile import Failure, compile_expression
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

__all__ = [
    "Binary",
    "Call",
    "Conditional",
    "Expression",
    "Failure",
    "Field",
    "Has",
    "Index",
    "Kind",
    "ListOf",
    "Literal",
    "Member",
    "Scope",
    "Unary",
    "check_expression",
    "children_of",
    "compile_expression",
]
