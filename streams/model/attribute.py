"""Custom attributes: what a catalog declares of accounts, subscriptions and service ids.

Their values are dated; a value is kept as the text that it was put as, and read by the type that
the catalog in force declares. Segments are computed from them.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct

from streams.expression import Expression
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.money import trimmed

Subject = Literal["account", "subscription", "service"]
"""What an attribute is of."""
AttributeType = Literal["text", "number", "boolean", "date", "choice"]

ACCOUNT: Final = "account."
"""What words of `when` begin with that name an attribute of the account."""
SUBSCRIPTION: Final = "subscription."
SERVICE: Final = "service."
SEGMENT: Final = "segment."
HELD: Final = (SUBSCRIPTION, SERVICE, SEGMENT)
"""What other words begin with that ask of whoever pays, where the catalog declares them."""

_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,12})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TEXT_MAX: Final = 256


class Attribute(Struct, frozen=True, kw_only=True):
    """An attribute that a catalog declares; `values` are those of a `choice`.

    `default` is what it is where no value is in force; empty: nothing.
    """

    name: str
    of: Subject
    type: AttributeType = "text"
    values: tuple[str, ...] = ()
    default: str = ""


class Segment(Struct, frozen=True, kw_only=True):
    """Who belongs to it: a truth, computed from attributes, statuses and totals at the event."""

    id: str
    expression: Expression


class AttributeValue(Struct, frozen=True, array_like=True):
    """What an attribute is from `start` until `end`.

    `subscription` names which of an account's it is of; empty: the account's, or the service id's.
    """

    name: str
    value: str
    start: Instant
    end: Instant = FOREVER
    subscription: str = ""


AttributeValues = tuple[AttributeValue, ...]
"""By subscription, name and start. Of several in force the one that began last counts."""


def with_values(known: AttributeValues, given: Iterable[AttributeValue]) -> AttributeValues:
    """With some more; each takes the place of one with the same start."""
    found = {(each.subscription, each.name, each.start): each for each in known}
    found |= {(each.subscription, each.name, each.start): each for each in given}
    return tuple(found[key] for key in sorted(found))


def value_at(
    values: AttributeValues, name: str, at: Instant, subscription: str = ""
) -> tuple[str | None, Period]:
    """The value in force at an instant, None where none is, and for how long that is so."""
    start, end = BEGINNING, FOREVER
    found: AttributeValue | None = None
    for each in values:
        if each.name != name or each.subscription != subscription:
            continue
        for bound in (each.start, each.end):
            if bound <= at:
                start = max(start, bound)
            else:
                end = min(end, bound)
        if each.start <= at < each.end:
            found = each
    return (None if found is None else found.value), Period(start, end)


def read_value(attribute: Attribute, text: str) -> str | None:
    """The value as it is compared and told; None where it is not of the attribute's type.

    A number has no zeros that say nothing, a truth is `true` or `false`, a date `2026-01-31`.
    """
    match attribute.type:
        case "text":
            return text if 0 < len(text) <= _TEXT_MAX and "\0" not in text else None
        case "number":
            return _told(Decimal(text)) if _NUMBER.fullmatch(text) else None
        case "boolean":
            return text if text in ("true", "false") else None
        case "date":
            return text if _is_day(text) else None
        case "choice":
            return text if text in attribute.values else None


def typed_value(attribute: Attribute, text: str) -> Any:
    """What expressions see of a value that has been read. A date is text, which sorts alike."""
    match attribute.type:
        case "number":
            return Decimal(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def expected_of(attribute: Attribute) -> str:
    """What a value of the attribute looks like, for a message."""
    match attribute.type:
        case "text":
            return f"a text of 1 to {_TEXT_MAX} characters"
        case "number":
            return "a number like 12 or 0.5"
        case "boolean":
            return "true or false"
        case "date":
            return "a date like 2026-01-31"
        case "choice":
            return f"one of {', '.join(attribute.values)}"


def held_key(word: str) -> str | None:
    """Where a word of whoever pays stands in the attributes that it is charged with; else None.

    Only an account's own attributes stand there by their names: no name that somebody puts can be
    taken for what the catalog declares of something else.
    """
    if word.startswith(ACCOUNT):
        return word.removeprefix(ACCOUNT)
    return f"\0{word}" if word.startswith(HELD) else None


def _told(number: Decimal) -> str:
    return f"{trimmed(number):f}" if number else "0"


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
