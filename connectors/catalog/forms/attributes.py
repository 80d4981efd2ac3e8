"""The words of attributes and segments: what accounts, subscriptions and service ids are."""

from typing import Annotated

from msgspec import Meta, Struct

from streams.expression import Expression
from streams.model.attribute import AttributeType, Subject

Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        description="A name that expressions can say: letters, digits and `_`",
    ),
]


class AttributeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute of an account, a subscription or a service id, whose values are dated.

    `values` are those of a `choice`. `default` is what it is where no value is in force; without
    it, it is nothing then.
    """

    name: Name
    of: Subject
    type: AttributeType = "text"
    values: tuple[str, ...] = ()
    default: str = ""

    @property
    def word(self) -> str:
        """What asks for it."""
        return f"{self.of}.{self.name}"


class SegmentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who belongs to it: an expression over `account`, `subscription`, `service`, `status` and
    `accumulators` that gives a truth; what cannot be told does not belong."""

    id: Name
    expression: Expression
