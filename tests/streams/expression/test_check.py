"""The checker tells all that is wrong with an expression before a catalog is taken."""

import pytest

from connectors.catalog.cel import parse_expression
from streams.expression import Kind, Scope, check_expression
from streams.expression.check import NODES_MAX

SCOPE = Scope({"data": "dyn", "kind": "string", "count": "number"})


@pytest.mark.parametrize(
    "text",
    [
        "data.status != 200 && has(data.usage)",
        'kind.startsWith("v") ? count > 1 : data.flag',
        "data.no == null",
        "count + 1 > size(kind)",
    ],
)
def test_sound_rules_have_no_problems(text: str) -> None:
    assert check_expression(parse_expression(text), SCOPE, wanted="bool") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dta.status == 1", "unknown field dta, there are: count, data, kind"),
        ("kind > 1", "> between string and number"),
        ("kind - 1 == 0", "- needs number, not string"),
        ("!count", "! needs bool, not number"),
        ("count && true", "&& needs bool, not number"),
        ("kind.name == 1", "a member needs map, not string"),
        ("count in kind", "in needs list or map, not string"),
        ("size(count) == 1", "size needs string or list or map, not number"),
        ("count == kind", "== between number and string"),
        ("count + 1", "it gives a number, a bool is needed"),
        ('kind.startsWith("a", "b")', "startsWith takes 2 values, not 3"),
        (" + ".join(["1"] * 120) + " == 1", f"243 parts, the most is {NODES_MAX}"),
        ("!" * 40 + "true", "nested deeper than 32"),
    ],
)
def test_problem_is_told(text: str, problem: str) -> None:
    problems = check_expression(parse_expression(text), SCOPE, wanted="bool")
    assert problem in problems or any("deeper" in each for each in problems)


def test_all_problems_are_told_at_once() -> None:
    problems = check_expression(parse_expression("x == 1 && kind > true && y"), SCOPE)
    assert len(problems) == 3


@pytest.mark.parametrize("wanted", ["dyn", "bool", "number"])
def test_what_cannot_be_known_may_be_anything(wanted: Kind) -> None:
    assert check_expression(parse_expression("data.x"), SCOPE, wanted=wanted) == ()


def test_open_scope_takes_any_name() -> None:
    assert check_expression(parse_expression("anything == 1"), Scope({}, open=True)) == ()


@pytest.mark.parametrize("text", ["count.answered", 'count["answered"]'])
def test_what_a_map_holds_is_known_where_it_is_of_one_kind(text: str) -> None:
    scope = Scope({"count": "map"}, members={"count": "number"})
    expression = parse_expression(text)
    assert check_expression(expression, scope, wanted="number") == ()
    (problem,) = check_expression(expression, scope, wanted="bool")
    assert problem == "it gives a number, a bool is needed"
