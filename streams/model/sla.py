"""A price that gives back: what a service level that was missed is worth."""

from decimal import Decimal

from msgspec import Struct

from streams.model.price import OfOneUnit


class SlaBand(Struct, frozen=True, array_like=True):
    """Levels from `start` (inclusive) to `below` (exclusive) give back `percent`."""

    start: Decimal
    below: Decimal
    percent: Decimal


class Sla(OfOneUnit, frozen=True, tag="sla", tag_field="kind", kw_only=True):
    """The quantity of `unit` is a level that was measured; below `target` a band gives back.

    What is given back is a percent of `fee`, or of what accumulator `charges` holds.
    """

    target: Decimal
    bands: tuple[SlaBand, ...]
    fee: Decimal | None = None
    charges: str = ""
