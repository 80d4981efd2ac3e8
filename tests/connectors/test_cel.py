"""CEL text: what is read, and where the place of a mistake is told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.catalog.cel import TEXT_LENGTH_MAX, parse_expression
from connectors.errors import Refused
from streams.expression import Binary, Call, Expression, Field, Has, Index, Literal, Member, Unary

DATA = Field("data")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data.a", Member(DATA, "a")),
        ('data["gen_ai.x"]', Member(DATA, "gen_ai.x")),
        ("data[1]", Index(DATA, Literal("int", "1"))),
        ("has(data.a)", Has(DATA, "a")),
        ("has(data)", Has(None, "data")),
        ('data.contains("x")', Call("contains", (DATA, Literal("string", "x")))),
        ("-data", Unary("-", DATA)),
        ("-1.50", Literal("decimal", "-1.50")),
        ("data-1", Binary("-", DATA, Literal("int", "1"))),
        ('"a-1"', Literal("string", "a-1")),
        ("'\\t\\x41\\u00e9\\101'", Literal("string", "\tAéA")),
        ('"""two\nlines"""', Literal("string", "two\nlines")),
        ("data // a remark", DATA),
    ],
)
def test_text_becomes_a_tree(text: str, expected: Expression) -> None:
    assert parse_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expression is empty"),
        ("1 +", "it ends too early"),
        ("data.status ! 200", "near '! 200', at line 1, column 13"),
        ('data.matches("a.*")', "there is no function matches of a value, at line 1, column 1"),
        ("data.all(x, x > 1)", "there is no function all of a value"),
        ("now()", "there is no function now; there are: has, size"),
        ("has(1)", "has() needs one name"),
        ('{"a": 1}', "this form of CEL is not part of a rule"),
        ("Point{x: 1}", "this form of CEL is not part of a rule"),
        (".data", "this form of CEL is not part of a rule"),
        ('b"bytes"', "is no value of a rule"),
        ("1u", "is no value of a rule"),
        ("1e99", "is beyond 10^38"),
        ('"\\ud800"', "an escape names no character"),
        ("x" * (TEXT_LENGTH_MAX + 1), "the most is 4000"),
        ("(" * 900 + "1" + ")" * 900, "nested too deep"),
    ],
)
def test_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_expression(text)
    assert message in str(refused.value)


@given(st.text("data.hs()[]!=<>&|+-*/%?:'\"\\ 01e,in", max_size=30))
def test_any_text_is_a_tree_or_refused(text: str) -> None:
    try:
        tree = parse_expression(text)
    except Refused:
        return
    packed = msgspec.msgpack.encode(tree)
    assert msgspec.msgpack.decode(packed, type=Expression) == tree
