"""Token leaves: a model call's counts, cut so that no token stands in two of them.

Providers count parents that include their children, or not; OpenTelemetry's do. A price needs
leaves. A `TokenBody` says where each count stands in one kind of body and what adds up to a parent.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from streams.model.mediation import FieldPath
from streams.model.usage import Usage
from streams.outcome import Drop, DropReason, Emit, Outcome, Reject, RejectReason
from streams.plain.fields import compile_path, path_names
from streams.plain.values import QUANTITY_MAX, read_quantity, wrong_type

LEAVES: Final = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)
"""Units of the leaves; each counts what the others do not."""

SplitBody = Callable[[dict[str, Any]], Outcome[Usage]]


class TokenBody(Struct, frozen=True, kw_only=True):
    """Where the counts stand in one kind of body.

    All of `input` added up includes what was read from and written to the cache; all of `output`
    includes `reasoning`. A body without any of the first paths of `input` and `output` is refused.
    """

    input: tuple[FieldPath, ...]
    output: tuple[FieldPath, ...] = ()
    cache_read: FieldPath = ""
    cache_creation: FieldPath = ""
    reasoning: FieldPath = ""


def compile_token_split(body: TokenBody, *, prefix: str) -> SplitBody:
    """The function that cuts such a body; `prefix` stands before field names in messages.

    An absent count is zero, since providers leave zeros out.
    """
    kinds = (body.input, (body.cache_read,), (body.cache_creation,), body.output, (body.reasoning,))
    paths = tuple((place, path) for place, some in enumerate(kinds) for path in some if path)
    counts = tuple((place, *_outer_and_inner(path), prefix + path) for place, path in paths)

    def split(values: dict[str, Any]) -> Outcome[Usage]:
        sums = [0, 0, 0, 0, 0]
        for place, outer, inner, field in counts:
            count = values.get(outer)
            if inner:
                count = count.get(inner) if type(count) is dict else None
            if count is None:
                continue
            if type(count) is not int or not 0 <= count <= QUANTITY_MAX:
                count = _read_count(count, field)
                if type(count) is Reject:
                    return count
            sums[place] += count
        whole_in, cached, created, whole_out, reasoning = sums
        fresh, answer = whole_in - cached - created, whole_out - reasoning
        if fresh < 0:
            return _larger_than_parent(prefix + (body.cache_read or body.cache_creation), fresh)
        if answer < 0:
            return _larger_than_parent(prefix + body.reasoning, answer)
        leaves = [
            Usage(unit, count)
            for unit, count in zip(LEAVES, (fresh, cached, created, answer, reasoning), strict=True)
            if count
        ]
        return Emit(tuple(leaves)) if leaves else _refuse_empty(values, body, prefix)

    return split


def _outer_and_inner(path: FieldPath) -> tuple[str, str]:
    """Counts stand at most one level deep, so they are looked up here without a call each."""
    names = path_names(path)
    assert len(names) <= 2, f"too deep for a count: {path}"
    return names[0], names[1] if len(names) == 2 else ""


def _refuse_empty(values: dict[str, Any], body: TokenBody, prefix: str) -> Drop | Reject:
    leading = (*body.input[:1], *body.output[:1])
    if all(compile_path(path)(values) is None for path in leading):
        missing = " or ".join(prefix + path for path in leading)
        return Reject(RejectReason.MISSING_FIELD, f"there is no {missing}", missing)
    return Drop(DropReason.ZERO_USAGE, "no tokens")


def _read_count(value: Any, field: str) -> int | Reject:
    count = read_quantity(value, field)
    if type(count) is Reject or type(count) is int:
        return count
    return wrong_type(value, field, "a whole number")


def _larger_than_parent(field: str, left: int) -> Reject:
    detail = f"{field} is larger than the count that includes it, {left} would be left"
    return Reject(RejectReason.NEGATIVE_QUANTITY, detail, field)
