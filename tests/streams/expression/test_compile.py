"""Compiled expressions: CEL's meaning on exact numbers, against a plain evaluator."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalog.cel import parse_expression
from streams.expression import (
    Binary,
    Call,
    Conditional,
    Expression,
    Failure,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    Member,
    Unary,
    compile_expression,
)

RECORD: dict[str, Any] = {
    "data": {
        "status": 200,
        "units": Decimal("1.5"),
        "model": "gpt-4o",
        "tags": ["a", 2],
        "no": None,
    },
    "kind": "voice",
    "ok": True,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data.status != 200", False),
        ("data.status-1 == 199", True),
        ("data.units * 2 == 3", True),
        ("0.1 + 0.2 == 0.3", True),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7.0 / 2", Decimal("3.5")),
        ("1 < 1.5 && data.units > 1", True),
        ("true == 1", False),
        ('data.status == "200"', False),
        ("data.no == null", True),
        ("has(data.status) && !has(data.other)", True),
        ("has(data.status.code)", False),
        ("has(kind) && !has(gone)", True),
        ('data["status"] == 200', True),
        ("data.tags[1] == 2", True),
        ("2 in data.tags", True),
        ('"status" in data', True),
        ('kind in ["voice", "sms"]', True),
        ("size(data.tags) + size(kind) + data.model.size()", 13),
        ('kind.startsWith("vo") && kind.endsWith("ce") && kind.contains("oi")', True),
        ('ok ? "yes" : "no"', "yes"),
        ('int("12") + 1', 13),
        ('decimal("1.25") * 4', Decimal("5.00")),
        ('string(data.status) + "!"', "200!"),
        ("data.other == 1 || true", True),
        ("data.other == 1 && false", False),
        ('"it\\u0027s" == r"it\'s"', True),
        ("0x1F", 31),
        ("- - 2", 2),
    ],
)
def test_meaning(text: str, expected: Any) -> None:
    value = compile_expression(parse_expression(text))(RECORD)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("data.other == 1", "other is missing"),
        ("nothing", "nothing is missing"),
        ("kind.name == 1", "name is looked for in a string"),
        ("kind > 1", "> between a string and a number"),
        ("ok + 1", "+ between a bool and a number"),
        ("!kind", "! needs a truth, not 'voice'"),
        ("1 / 0", "1 / 0 has no exact value"),
        ("1.5 % 0", "1.5 % 0 has no exact value"),
        ("data.tags[2]", "there is no item 2 in a list of 2"),
        ("1 in kind", "in needs a list or a map, not a string"),
        ('int("many")', "int of 'many'"),
        ("size(1)", "size of a number"),
        ("100000000000000000000 * 100000000000000000000", "the result of * is beyond 10^38"),
    ],
)
def test_what_has_no_value_is_a_failure_with_its_cause(text: str, cause: str) -> None:
    assert compile_expression(parse_expression(text))(RECORD) == Failure(cause)


LITERALS = st.one_of(
    st.integers(-50, 50).map(lambda n: Literal("int", str(n))),
    st.decimals(-9, 9, places=2).map(lambda n: Literal("decimal", str(n))),
    st.sampled_from(["true", "false"]).map(lambda text: Literal("bool", text)),
    st.sampled_from(["", "a", "ab"]).map(lambda text: Literal("string", text)),
    st.just(Literal("null", "")),
)
DATA = Field("data")
LEAVES = LITERALS | st.sampled_from(
    [Field("kind"), Field("ok"), Field("gone"), *(Member(DATA, name) for name in RECORD["data"])]
)
OPERATORS = ["||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"]


def grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(Unary, st.sampled_from(["!", "-"]), inner),
        st.builds(Conditional, inner, inner, inner),
        st.builds(Has, inner | st.none(), st.sampled_from(["status", "gone"])),
        st.builds(Index, inner, inner),
        st.lists(inner, max_size=3).map(lambda items: ListOf(tuple(items))),
        st.builds(Call, st.sampled_from(["size", "int", "decimal", "string"]), st.tuples(inner)),
        st.builds(Call, st.sampled_from(["startsWith", "contains"]), st.tuples(inner, inner)),
    )


class NoValueError(Exception):
    """The plain evaluator found no value."""


def kind(value: Any) -> str:
    number = "number" if isinstance(value, int | Decimal) else type(value).__name__
    return "bool" if isinstance(value, bool) else number


def same(left: Any, right: Any) -> bool:
    if kind(left) != kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return bool(left == right)


def need(value: Any, *kinds: str) -> Any:
    if kind(value) not in kinds:
        raise NoValueError
    return value


def plain(node: Expression) -> Any:
    """The same language written the slow way: by walking the tree, with Python's own numbers."""
    match node:
        case Literal("null", _):
            return None
        case Literal("bool", text):
            return text == "true"
        case Literal("int", text):
            return int(text)
        case Literal("decimal", text):
            return Decimal(text)
        case Literal(_, text):
            return text
        case Field(name):
            return member(RECORD, name)
        case Member(operand, name):
            return member(plain(operand), name)
        case Has(operand, name):
            try:
                return name in need(plain(operand) if operand else RECORD, "dict")
            except NoValueError:
                return False
        case Index(operand, key):
            held, at = plain(operand), plain(key)
            if isinstance(held, list) and kind(at) == "number" and isinstance(at, int):
                if not 0 <= at < len(held):
                    raise NoValueError
                return held[at]
            return member(held, need(at, "str"))
        case Unary("!", operand):
            return not need(plain(operand), "bool")
        case Unary(_, operand):
            return 0 - need(plain(operand), "number")
        case Conditional(test, yes, no):
            return plain(yes) if need(plain(test), "bool") else plain(no)
        case ListOf(items):
            return [plain(item) for item in items]
        case Call(name, arguments):
            return call(name, [plain(argument) for argument in arguments])
        case Binary("&&" | "||" as symbol, left, right):
            return logic(symbol == "||", left, right)
        case Binary(symbol, left, right):
            return binary(symbol, plain(left), plain(right))
    raise AssertionError(node)


def member(held: Any, name: str) -> Any:
    if not isinstance(held, dict) or name not in held:
        raise NoValueError
    return held[name]


def logic(deciding: bool, left: Expression, right: Expression) -> bool:
    sides: list[bool | None] = []
    for side in (left, right):
        try:
            sides.append(need(plain(side), "bool"))
        except NoValueError:
            sides.append(None)
        if sides[-1] is deciding:
            return deciding
    if None in sides:
        raise NoValueError
    return not deciding


def binary(symbol: str, left: Any, right: Any) -> Any:
    if symbol in ("==", "!="):
        return same(left, right) == (symbol == "==")
    if symbol == "in":
        if isinstance(right, dict):
            return isinstance(left, str) and left in right
        return any(same(left, item) for item in need(right, "list"))
    if symbol in ("<", "<=", ">", ">="):
        if kind(left) != kind(right) or kind(left) not in ("number", "str", "bool"):
            raise NoValueError
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[
            symbol
        ]
    if symbol == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    need(left, "number")
    need(right, "number")
    if symbol in ("/", "%") and right == 0:
        raise NoValueError
    if symbol in ("/", "%") and isinstance(left, int) and isinstance(right, int):
        quotient = int(Decimal(left) / Decimal(right))
        return quotient if symbol == "/" else left - quotient * right
    exact = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: Decimal(left) / Decimal(right),
        "%": lambda: Decimal(left) % Decimal(right),
    }[symbol]()
    if abs(exact) > 10**38:
        raise NoValueError
    return exact


def call(name: str, arguments: list[Any]) -> Any:
    (first, *rest) = arguments
    match name:
        case "size":
            return len(need(first, "str", "list", "dict"))
        case "startsWith":
            return need(first, "str").startswith(need(rest[0], "str"))
        case "contains":
            return need(rest[0], "str") in need(first, "str")
        case "string":
            need(first, "str", "bool", "number")
            return str(first).lower() if isinstance(first, bool) else str(first)
        case _:
            need(first, "str", "number")
            if isinstance(first, str) and not first.removeprefix("-").isdecimal():
                raise NoValueError
            return int(first) if name == "int" else Decimal(first)


@settings(max_examples=400, deadline=None)
@given(st.recursive(LEAVES, grow, max_leaves=12))
def test_closures_agree_with_a_plain_evaluator(expression: Expression) -> None:
    value = compile_expression(expression)(RECORD)
    try:
        expected = plain(expression)
    except NoValueError:
        assert isinstance(value, Failure)
        return
    assert not isinstance(value, Failure), value.cause
    if isinstance(expected, Decimal) or (isinstance(value, Decimal) and kind(expected) == "number"):
        assert abs(value - expected) <= abs(expected) * Decimal("1E-25")
    else:
        assert same(value, expected)
