"""What all kinds of price have in common."""

from decimal import Decimal

from msgspec import Struct

RECORD = "record"
"""The tier reference that means the record's own quantity instead of an accumulator."""

ONE = Decimal(1)
NOTHING = Decimal(0)


class OfOneUnit(Struct, frozen=True, kw_only=True):
    """A price of a single unit."""

    unit: str

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it prices."""
        return (self.unit,)


class Range(Struct, frozen=True, array_like=True):
    """Numbers from `start` (inclusive) to `below` (exclusive); None is open."""

    start: Decimal | None = None
    below: Decimal | None = None
