"""CEL text → the expression tree that a catalog carries, by cel-python's parser (a lark grammar).

What CEL has and Vivace leaves out (macros, maps, messages, bytes, unsigned numbers, regular
expressions) is refused with its place; a number with a point is an exact decimal.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, cast, get_args

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree, UnexpectedToken

from connectors.errors import Refused
from streams.expression.tree import (
    Binary,
    BinaryOperator,
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

TEXT_LENGTH_MAX: Final = 4000
"""The longest expression, in characters."""
EXPONENT_MAX: Final = 38

_FUNCTIONS: Final = get_args(Function)
_METHODS: Final = ("startsWith", "endsWith", "contains", "size")
_OPERATORS: Final[dict[str, BinaryOperator]] = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
    "conditionalor": "||",
    "conditionaland": "&&",
}
_STRING_OR_MINUS = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|-(?=[\d.])""")
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|(.))", re.DOTALL
)
_ESCAPED: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip


def parse_expression(text: str) -> Expression:
    """The tree of an expression. Raises Refused with line and column of what is wrong."""
    if len(text) > TEXT_LENGTH_MAX:
        raise Refused(f"expression of {len(text)} characters, the most is {TEXT_LENGTH_MAX}")
    if not text.strip():
        raise Refused("expression is empty")
    parted = _part_minus(text)
    try:
        return _expression(CELParser().parse(parted))
    except CELParseError as error:
        raise Refused(f"expression cannot be read: {_where(parted, error)}") from error
    except RecursionError as error:
        raise Refused("expression is nested too deep") from error


def _part_minus(text: str) -> str:
    """The grammar reads `a-1` as two values side by side; `a- 1` is a difference."""
    return _STRING_OR_MINUS.sub(lambda found: found.group(1) or "- ", text)


def _where(text: str, error: CELParseError) -> str:
    cause = error.__context__
    if not error.line or (isinstance(cause, UnexpectedToken) and cause.token.type == "$END"):
        return "it ends too early"
    rest = text.splitlines()[error.line - 1][error.column - 1 :]
    return f"near {rest[:30]!r}, at line {error.line}, column {error.column}"


def _refused(tree: Tree[Token] | Token, what: str) -> Refused:
    if isinstance(tree, Token):
        line, column = tree.line, tree.column
    else:
        line, column = tree.meta.line, tree.meta.column
    return Refused(f"{what}, at line {line}, column {column}")


def _expression(tree: Tree[Token]) -> Expression:
    """One node; nodes that only pass precedence on have a single child."""
    children = cast("list[Tree[Token]]", tree.children)
    match tree.data:
        case "expr" if len(children) == 3:
            test, yes, no = map(_expression, children)
            return Conditional(test, yes, no)
        case "relation" | "addition" | "multiplication" if len(children) == 2:
            operator = _OPERATORS[children[0].data]
            left = cast("Tree[Token]", children[0].children[0])
            return Binary(operator, _expression(left), _expression(children[1]))
        case "conditionalor" | "conditionaland" if len(children) == 2:
            return Binary(_OPERATORS[tree.data], *map(_expression, children))
        case "unary" if len(children) == 2:
            return _unary(children[0].data == "unary_not", _expression(children[1]))
        case "member_dot" | "member_dot_arg" | "member_index" | "member_object":
            return _member(tree)
        case "literal":
            return _literal(cast(Token, tree.children[0]))
        case "ident":
            return Field(str(tree.children[0]))
        case "ident_arg":
            return _call(tree, str(tree.children[0]), _arguments(tree, 1))
        case "list_lit":
            return ListOf(tuple(_arguments(tree, 0)))
        case "dot_ident" | "dot_ident_arg" | "map_lit":
            raise _refused(tree, "this form of CEL is not part of a rule")
        case _:
            return _expression(children[0])


def _unary(is_not: bool, operand: Expression) -> Expression:
    if is_not:
        return Unary("!", operand)
    if isinstance(operand, Literal) and operand.kind in ("int", "decimal"):
        negative = operand.text.startswith("-")
        return Literal(operand.kind, operand.text[1:] if negative else f"-{operand.text}")
    return Unary("-", operand)


def _member(tree: Tree[Token]) -> Expression:
    holder = _expression(cast("Tree[Token]", tree.children[0]))
    match tree.data:
        case "member_dot":
            return Member(holder, str(tree.children[1]))
        case "member_index":
            key = _expression(cast("Tree[Token]", tree.children[1]))
            if isinstance(key, Literal) and key.kind == "string":
                return Member(holder, key.text)
            return Index(holder, key)
        case "member_dot_arg" if str(tree.children[1]) in _METHODS:
            return _call(tree, str(tree.children[1]), [holder, *_arguments(tree, 2)])
        case "member_dot_arg":
            raise _refused(tree, f"there is no function {tree.children[1]} of a value")
        case _:
            raise _refused(tree, "this form of CEL is not part of a rule")


def _arguments(tree: Tree[Token], first: int) -> list[Expression]:
    lists = cast("list[Tree[Token]]", tree.children[first:])
    return [_expression(cast("Tree[Token]", item)) for found in lists for item in found.children]


def _call(tree: Tree[Token], name: str, arguments: Sequence[Expression]) -> Expression:
    if name == "has":
        if len(arguments) == 1 and isinstance(arguments[0], Member):
            return Has(arguments[0].operand, arguments[0].name)
        if len(arguments) == 1 and isinstance(arguments[0], Field):
            return Has(None, arguments[0].name)
        raise _refused(tree, "has() needs one name, such as has(data.usage)")
    if name not in _FUNCTIONS:
        known = ", ".join(("has", *_FUNCTIONS))
        raise _refused(tree, f"there is no function {name}; there are: {known}")
    return Call(cast(Function, name), tuple(arguments))


def _literal(token: Token) -> Literal:
    text = str(token)
    match token.type:
        case "INT_LIT":
            return Literal("int", str(int(text, 0 if "x" in text else 10)))
        case "FLOAT_LIT":
            if abs(Decimal(text).adjusted()) > EXPONENT_MAX:
                raise _refused(token, f"{text} is beyond 10^{EXPONENT_MAX}")
            return Literal("decimal", text)
        case "BOOL_LIT":
            return Literal("bool", text)
        case "NULL_LIT":
            return Literal("null", "")
        case "STRING_LIT" | "MLSTRING_LIT":
            return Literal("string", _unquoted(token))
        case _:
            raise _refused(token, f"{text} is no value of a rule")


def _unquoted(token: Token) -> str:
    text = str(token)
    raw = text[0] in "rR"
    text = text[1:] if raw else text
    width = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    body = text[width:-width]
    try:
        plain = body if raw else _ESCAPE.sub(_unescape, body)
        plain.encode()
    except (ValueError, OverflowError) as error:
        raise _refused(token, "an escape names no character") from error
    return plain


def _unescape(found: re.Match[str]) -> str:
    short, long, hexadecimal, octal, letter = found.groups()
    if letter is not None:
        return _ESCAPED.get(letter, letter)
    return chr(int(short or long or hexadecimal or octal, 8 if octal else 16))
