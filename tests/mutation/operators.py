"""What a piece of code may be changed into: the nearest mistakes that people make.

What is taken away stays behind `True if True else ...` or `if False`: it never runs, but the names
that a function shares with those around it stay the same, so that one code can stand for the other.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLED = {
    "add": "subtract",
    "subtract": "add",
    "multiply": "divide",
    "divide": "multiply",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
}
_ARITHMETIC = ("add", "subtract", "multiply", "divide")


class Replacement(NamedTuple):
    """What is put in a node's place, how it is told, and what of the old is told (else: all)."""

    node: ast.AST
    told: str
    before: str = ""


def replacements(node: ast.AST) -> Iterator[Replacement]:
    """Each change of this node alone; what is below it is asked by itself."""
    if isinstance(node, ast.expr):
        for made in _expressions(node):
            yield Replacement(ast.copy_location(made, node), ast.unparse(made))
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Constant):
        yield from _negated(node)
    if isinstance(node, ast.comprehension):
        yield from _unfiltered(node)
    if isinstance(node, ast.stmt):
        yield from _statements(node)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            other = _COMPARED[type(operator)]()
            ops = [*node.ops[:at], other, *node.ops[at + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in _COUNTED:
        yield ast.BinOp(node.left, _COUNTED[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _constants(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in _CALLED and called.id not in _ARITHMETIC:
        other = ast.Name(_CALLED[called.id], ast.Load())
        yield ast.Call(other, node.args, node.keywords)
    elif isinstance(called, ast.Attribute) and called.attr in _ARITHMETIC and len(node.args) == 2:
        other_way = ast.Attribute(called.value, _CALLED[called.attr], ast.Load())
        yield ast.Call(other_way, node.args, node.keywords)


def _negated(node: ast.If | ast.IfExp) -> Iterator[Replacement]:
    """The other branch, where no operator of the question says that already."""
    asked = node.test
    if isinstance(asked, ast.BoolOp | ast.UnaryOp):
        return
    if isinstance(asked, ast.Compare) and not isinstance(
        asked.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE
    ):
        return
    negated = ast.copy_location(ast.UnaryOp(ast.Not(), asked), asked)
    if isinstance(node, ast.If):
        made: ast.AST = ast.If(negated, node.body, node.orelse)
    else:
        made = ast.IfExp(negated, node.body, node.orelse)
    before = f"if {ast.unparse(asked)}"
    yield Replacement(ast.copy_location(made, node), f"if not ({ast.unparse(asked)})", before)


def _unfiltered(node: ast.comprehension) -> Iterator[Replacement]:
    for at, asked in enumerate(node.ifs):
        kept = ast.IfExp(ast.Constant(True), ast.Constant(True), asked)
        ifs = [*node.ifs[:at], kept, *node.ifs[at + 1 :]]
        made = ast.comprehension(node.target, node.iter, ifs, node.is_async)
        yield Replacement(made, "(no filter)", f"for ... if {ast.unparse(asked)}")


def _statements(node: ast.stmt) -> Iterator[Replacement]:
    never = ast.copy_location(ast.If(ast.Constant(False), [node], []), node)
    if isinstance(node, ast.Return):
        if node.value is not None and not _is_none(node.value):
            value = ast.IfExp(ast.Constant(True), ast.Constant(None), node.value)
            yield Replacement(ast.copy_location(ast.Return(value), node), "return None")
        return
    if isinstance(node, ast.AugAssign) and type(node.op) in _COUNTED:
        other = ast.AugAssign(node.target, _COUNTED[type(node.op)](), node.value)
        yield Replacement(ast.copy_location(other, node), ast.unparse(other))
    if _is_without_names(node):
        yield Replacement(never, "(nothing)")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_without_names(node: ast.stmt) -> bool:
    """True for a statement that can go without a name going with it."""
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Continue | ast.Break):
        return True
    if isinstance(node, ast.Assign):
        return not isinstance(node.targets[0], ast.Name | ast.Tuple)
    return isinstance(node, ast.If) and not node.orelse and _is_way_out(node.body[-1])


def _is_way_out(node: ast.stmt) -> bool:
    return isinstance(node, ast.Return | ast.Continue | ast.Break)
