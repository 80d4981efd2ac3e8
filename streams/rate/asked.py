"""What something in a catalog asks for, wherever it stands in it: by a word or in an expression."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from streams.expression import Expression, Field, Has, Member, children_of
from streams.model.attribute import SEGMENT

_SEGMENT = Field(SEGMENT.removesuffix("."))


def names_below(expression: Expression, holder: str) -> tuple[str, ...]:
    """The members that an expression asks of `holder`, such as the names of accumulators."""
    return tuple(dict.fromkeys(_names_below(expression, Field(holder))))


def _names_below(expression: Expression, holder: Field) -> Iterator[str]:
    if isinstance(expression, Member) and expression.operand == holder:
        yield expression.name
    for child in children_of(expression):
        yield from _names_below(child, holder)


def segments_asked(value: object) -> Iterator[str]:
    """The segments that anything within a value of the catalog asks for."""
    if isinstance(value, str):
        if value.startswith(SEGMENT):
            yield value.removeprefix(SEGMENT)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from segments_asked(key)
            yield from segments_asked(held)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from segments_asked(each)
    elif isinstance(value, Struct):
        if isinstance(value, Member | Has) and value.operand == _SEGMENT:
            yield value.name
        for name in value.__struct_fields__:
            yield from segments_asked(getattr(value, name))
