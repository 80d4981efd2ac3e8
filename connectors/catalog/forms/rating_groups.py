"""The words of rating groups and subscribers: how networks name what a catalog prices."""

from typing import Annotated

from msgspec import Meta, Struct, field

from connectors.catalog.forms.words import Id
from streams.model.rating_group import CountName

Name = Annotated[str, Meta(min_length=1, max_length=256)]
LARGEST_NUMBER = 2**32 - 1


class CountForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a network counts, and the unit of the usage type that `per` of it are."""

    count: CountName
    unit: Id
    per: Annotated[int, Meta(ge=1)] = 1


class AttributeSourceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an attribute stands in a request: a path of names, or an AVP; the first that is told.

    Without one of them, it is `value`.
    """

    name: Name
    sources: tuple[Name, ...] = ()
    value: str = ""


class RatingGroupForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a network names by a number. `quota` is asked for where a request does not say how much,
    in the first count. What is `free` needs no credit, and is not charged.
    """

    number: Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
    usage_type: Id
    counts: tuple[CountForm, ...] = ()
    quota: Annotated[int, Meta(ge=1)] | None = None
    attributes: tuple[AttributeSourceForm, ...] = ()
    is_free: bool = field(default=False, name="free")


class SubscriberForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a subscriber's identifier that begins with `prefix`, `instead` of it begins the service
    id. The first rule that fits counts; an identifier that none fits is the service id itself."""

    prefix: Name
    instead: str = ""
