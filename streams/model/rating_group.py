"""Rating groups: what the doors of the trade call what a catalog calls usage types and units.

A network asks for seconds or octets of a rating group; the catalog prices units of a usage type.
Nothing here is priced: the engine never looks at it, doors alone do.
"""

from typing import Literal

from msgspec import Struct

CountName = Literal[
    "time", "total_volume", "input_volume", "output_volume", "service_units", "money"
]
"""What a network counts: seconds, octets (input: sent by the subscriber), pieces, money."""


class Count(Struct, frozen=True, array_like=True):
    """`per` of a count are one `unit` of the usage type."""

    count: CountName
    unit: str
    per: int = 1


class AttributeSource(Struct, frozen=True, array_like=True):
    """Where an attribute stands in a request: the first of the sources that is told counts.

    A source is a path of names, or the name of an AVP; without one, `constant` is its value.
    """

    name: str
    sources: tuple[str, ...] = ()
    constant: str = ""


class RatingGroup(Struct, frozen=True, array_like=True):
    """What a network names by `number`. `quota`, in its first count, is asked for where a request
    does not say how much. What is `is_free` has no counts: nobody is asked, nothing is charged.
    """

    number: int
    usage_type: str
    counts: tuple[Count, ...]
    quota: int = 0
    attributes: tuple[AttributeSource, ...] = ()
    is_free: bool = False


class SubscriberRule(Struct, frozen=True, array_like=True):
    """A subscriber whose identifier begins with `prefix` is the service id with `instead` of it."""

    prefix: str
    instead: str = ""
