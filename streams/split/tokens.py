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
from streams.plain.fields import compile_path
from streams.plain.values import QUANTITY_MAX, read_quantity, wrong_type

INPUT: Final = "input_tokens"
CACHE_READ: Final = "cache_read_input_tokens"
CACHE_CREATION: Final = "cache_creation_input_tokens"
OUTPUT: Final = "output_tokens"
REASONING: Final = "reasoning_output_tokens"

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
    """The function that cuts such a body; `prefix` stands before field names in messages."""
    read_input = _compile_sum(body.input, prefix)
    read_output = _compile_sum(body.output, prefix)
    read_cached = _compile_sum((body.cache_read,) if body.cache_read else (), prefix)
    read_created = _compile_sum((body.cache_creation,) if body.cache_creation else (), prefix)
    read_reasoning = _compile_sum((body.reasoning,) if body.reasoning else (), prefix)
    leading = tuple(compile_path(path) for path in (*body.input[:1], *body.output[:1]))
    missing = " or ".join(prefix + path for path in (*body.input[:1], *body.output[:1]))

    def split(values: dict[str, Any]) -> Outcome[Usage]:
        whole_in, whole_out = read_input(values), read_output(values)
        cached, created = read_cached(values), read_created(values)
        reasoning = read_reasoning(values)
        for count in (whole_in, cached, created, whole_out, reasoning):
            if isinstance(count, Reject):
                return count
        fresh, answer = whole_in - cached - created, whole_out - reasoning
        if fresh < 0 or answer < 0:
            path = body.reasoning if fresh >= 0 else body.cache_read or body.cache_creation
            return _larger_than_parent(prefix + path, min(fresh, answer))
        leaves = _leaves(fresh, cached, created, answer, reasoning)
        if leaves:
            return Emit(leaves)
        if all(get(values) is None for get in leading):
            return Reject(RejectReason.MISSING_FIELD, f"there is no {missing}", missing)
        return Drop(DropReason.ZERO_USAGE, "no tokens")

    return split


def _leaves(
    fresh: int, cached: int, created: int, answer: int, reasoning: int
) -> tuple[Usage, ...]:
    leaves: list[Usage] = []
    if fresh:
        leaves.append(Usage(INPUT, fresh))
    if cached:
        leaves.append(Usage(CACHE_READ, cached))
    if created:
        leaves.append(Usage(CACHE_CREATION, created))
    if answer:
        leaves.append(Usage(OUTPUT, answer))
    if reasoning:
        leaves.append(Usage(REASONING, reasoning))
    return tuple(leaves)


def _compile_sum(paths: tuple[FieldPath, ...], prefix: str) -> Callable[[dict[str, Any]], Any]:
    """A closure that adds up counts; an absent one is zero, since providers leave zeros out."""
    if not paths:
        return lambda values: 0
    getters = tuple((compile_path(path), prefix + path) for path in paths)
    if len(getters) == 1:
        ((get_only, field_only),) = getters

        def read_one(values: dict[str, Any]) -> Any:
            count = get_only(values)
            if type(count) is int and 0 <= count <= QUANTITY_MAX:
                return count
            return 0 if count is None else _read_count(count, field_only)

        return read_one

    def read_all(values: dict[str, Any]) -> Any:
        total = 0
        for get, field in getters:
            count = get(values)
            if count is None:
                continue
            if type(count) is not int or not 0 <= count <= QUANTITY_MAX:
                count = _read_count(count, field)
                if isinstance(count, Reject):
                    return count
            total += count
        return total

    return read_all


def _read_count(value: Any, field: str) -> int | Reject:
    count = read_quantity(value, field)
    if isinstance(count, Reject) or type(count) is int:
        return count
    return wrong_type(value, field, "a whole number")


def _larger_than_parent(field: str, left: int) -> Reject:
    detail = f"{field} is larger than the count that includes it, {left} would be left"
    return Reject(RejectReason.NEGATIVE_QUANTITY, detail, field)
