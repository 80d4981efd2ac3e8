"""A multi-rate usage type: one record is rated several times, under usage types of its own."""

from typing import Literal

from msgspec import Struct

from streams.expression import Expression

InvoiceAt = Literal["parent", "child"]
"""Where the charge is told: once, at the parent, or one charge for each child."""

PARTS: int = 1000
"""The parts of a record that children may be: its own number times this, and the child's place."""


class ChildRate(Struct, frozen=True, kw_only=True):
    """One of the usage types that a record is rated under, by that type's own offer.

    It measures what the record holds of its units, or `quantity`: an expression over the amounts
    and quantities of earlier children.
    """

    usage_type: str
    quantity: Expression | None = None


class MultiRate(Struct, frozen=True, kw_only=True):
    """The children of a usage type, in the order in which they are rated."""

    usage_type: str
    children: tuple[ChildRate, ...]
    invoice_at: InvoiceAt = "child"
    product: str = ""
