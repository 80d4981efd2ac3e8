"""Token leaves: a model call's counts, cut so that no token stands in two of them.

Providers count wholes that include their parts, or not; OpenTelemetry's do. A price needs leaves.
A `TokenBody` says where each count stands in one kind of body.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from streams.model.usage import Usage
from streams.outcome import Drop, DropReason, Emit, Outcome, Reject, RejectReason
from streams.plain.values import QUANTITY_MAX, read_quantity, wrong_type

INPUT: Final = "input_tokens"
CACHE_READ: Final = "cache_read_input_tokens"
CACHE_CREATION: Final = "cache_creation_input_tokens"
OUTPUT: Final = "output_tokens"
REASONING: Final = "reasoning_output_tokens"

Counts = dict[str, Any]
SplitBody = Callable[[Counts], Outcome[Usage]]

_NOTHING: Final[Counts] = {}
_NO_NAME: Final[Any] = None
"""Found nowhere: all names of a body are text, and the empty one is a name too."""


class TokenBody(Struct, frozen=True, kw_only=True):
    """Where the counts stand in one kind of body; an empty name: it has no such count.

    The parts of `input` and `output` stand under `input_details` and `output_details`, or in the
    body itself. They are inside their whole, or else beside it: then they are added to it, as
    `tool_input` always is.
    """

    input: str
    output: str = ""
    tool_input: str = ""
    input_details: str = ""
    cache_read: str = ""
    cache_creation: str = ""
    caches_beside: bool = False
    output_details: str = ""
    reasoning: str = ""
    reasoning_beside: bool = False


def compile_token_split(body: TokenBody, *, prefix: str) -> SplitBody:
    """The function that cuts such a body; `prefix` stands before field names in messages.

    An absent count is zero, since providers leave zeros out. Nearly every body holds nothing but
    small whole numbers, which few comparisons tell; any other is read again count by count.
    """
    input_name, output_name = body.input, body.output or _NO_NAME
    tool_name = body.tool_input or _NO_NAME
    input_details, output_details = body.input_details, body.output_details
    cached_name, created_name = body.cache_read or _NO_NAME, body.cache_creation or _NO_NAME
    reasoning_name = body.reasoning or _NO_NAME
    caches_beside, reasoning_beside = body.caches_beside, body.reasoning_beside

    def split(values: Counts) -> Outcome[Usage]:
        ins = values.get(input_details, _NOTHING) if input_details else values
        outs = values.get(output_details, _NOTHING) if output_details else values
        if type(ins) is not dict or type(outs) is not dict:
            return _split_slowly(values, body, prefix)
        whole_in, tools = values.get(input_name, 0), values.get(tool_name, 0)
        cached, created = ins.get(cached_name, 0), ins.get(created_name, 0)
        whole_out, reasoning = values.get(output_name, 0), outs.get(reasoning_name, 0)
        if (
            type(whole_in) is not int
            or type(tools) is not int
            or type(cached) is not int
            or type(created) is not int
            or type(whole_out) is not int
            or type(reasoning) is not int
            # The sign and every high bit of any of them stay: one look tells about all.
            or not 0 < whole_in | tools | cached | created | whole_out | reasoning <= QUANTITY_MAX
        ):
            return _split_slowly(values, body, prefix)
        fresh = whole_in + tools if caches_beside else whole_in + tools - cached - created
        answer = whole_out if reasoning_beside else whole_out - reasoning
        if fresh < 0 or answer < 0:
            return _split_slowly(values, body, prefix)
        return Emit(_leaves(fresh, cached, created, answer, reasoning))

    return split


def _split_slowly(values: Counts, body: TokenBody, prefix: str) -> Outcome[Usage]:
    """The same cut, count by count, so that what is wrong is told by its name."""
    wholes = [name for name in (body.input, body.output) if name]
    if all(values.get(name) is None for name in wholes):
        missing = " or ".join(prefix + name for name in wholes)
        return Reject(RejectReason.MISSING_FIELD, f"there is no {missing}", missing)
    counts: list[int] = []
    for details, name in _places(body):
        holder = values.get(details) if details else values
        field = f"{prefix}{details}.{name}" if details else prefix + name
        count = _read_count(holder.get(name) if type(holder) is dict and name else None, field)
        if type(count) is Reject:
            return count
        counts.append(count)
    whole_in, tools, cached, created, whole_out, reasoning = counts
    fresh = whole_in + tools if body.caches_beside else whole_in + tools - cached - created
    answer = whole_out if body.reasoning_beside else whole_out - reasoning
    if fresh < 0:
        return _larger_than_whole(body.input_details, body.cache_read, prefix, fresh)
    if answer < 0:
        return _larger_than_whole(body.output_details, body.reasoning, prefix, answer)
    leaves = _leaves(fresh, cached, created, answer, reasoning)
    return Emit(leaves) if leaves else Drop(DropReason.ZERO_USAGE, "no tokens")


def _places(body: TokenBody) -> tuple[tuple[str, str], ...]:
    return (
        ("", body.input),
        ("", body.tool_input),
        (body.input_details, body.cache_read),
        (body.input_details, body.cache_creation),
        ("", body.output),
        (body.output_details, body.reasoning),
    )


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


def _read_count(value: Any, field: str) -> int | Reject:
    if value is None:
        return 0
    count = read_quantity(value, field)
    if type(count) is int or type(count) is Reject:
        return count
    return wrong_type(value, field, "a whole number")


def _larger_than_whole(details: str, name: str, prefix: str, left: int) -> Reject:
    field = f"{prefix}{details}.{name}" if details else prefix + name
    detail = f"{field} is larger than the count that includes it, {left} would be left"
    return Reject(RejectReason.NEGATIVE_QUANTITY, detail, field)
