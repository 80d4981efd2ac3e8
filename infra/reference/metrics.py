"""docs/reference/metrics.md"""

import ast
import inspect
from collections.abc import Iterator
from itertools import chain
from types import ModuleType

from infra.reference.table import table
from topologies import follower_metrics, metrics

_INTRODUCTION = """# Metrics

Prometheus metrics of the processes, each with the question it answers.

"""
_KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Summary": "summary"}


def page() -> str:
    """Return one row for each metric, those of the workers first."""
    rows = chain(_rows(metrics), _rows(follower_metrics))
    return _INTRODUCTION + table(("metric", "kind", "labels", "what it counts", "asks"), rows)


def _rows(module: ModuleType) -> Iterator[tuple[str, ...]]:
    """Read the declarations and the text below each, which only the source has."""
    body = ast.parse(inspect.getsource(module)).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        call = statement.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id in _KINDS:
            name, counts, *labels = (ast.literal_eval(a) for a in call.args)
            shown = ", ".join(labels[0]) if labels else ""
            yield f"`{name}`", _KINDS[call.func.id], shown, counts, _text(after)


def _text(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return ""
