"""Several prices of the same usage: they add up.

Each part keeps its own reference, so a fee a record, tiers on an accumulator and a maximum may
stand side by side. Quantity that one part has no price for has none at all.
"""

from collections.abc import Mapping, Sequence

from streams.model.money import Quantity
from streams.model.price import RECORD
from streams.outcome import Reject
from streams.rate.prices.price import Asking, Binder, Closing, Compiled, Lines, UnitPrice


class SumPrice:
    """Parts with one reference between them, or as they stand for one part of a leaf (`offsets`).

    An offset is what a part's own reference counts beyond the leaf's.
    """

    __slots__ = ("_parts", "closing", "limit", "opening", "reference", "unit")

    rule = "composite"

    def __init__(
        self, parts: Sequence[tuple[UnitPrice, Quantity]], *, reference: str, opening: Lines
    ) -> None:
        self.unit = parts[0][0].unit
        self.reference = reference
        self._parts = parts
        self.opening = opening
        limits = [part.limit - offset for part, offset in parts if part.limit is not None]
        self.limit: Quantity | None = min(limits, default=None)
        closings = (part.closing for part, _ in parts)
        self.closing: Closing | None = next((each for each in closings if each is not None), None)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The lines of each part, one after another."""
        return tuple(
            line for part, offset in self._parts for line in part.lines(quantity, used + offset)
        )

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """What each of the parts has."""
        return min(part.room(quantity, used + offset) for part, offset in self._parts)


class MixedPrice:
    """Parts measured on several references: it has to be asked for what each has used."""

    __slots__ = ("_parts", "closing", "limit", "opening", "reference", "unit")

    rule = "composite"

    def __init__(self, parts: Sequence[UnitPrice]) -> None:
        self.unit = parts[0].unit
        self.reference = RECORD
        self.limit: Quantity | None = None
        self.opening: Lines = ()
        self.closing: Closing | None = None
        self._parts = parts

    def at(self, asking: Asking, before: Quantity) -> SumPrice:
        """The sum as it stands after `before` units of the leaf."""
        opening: list[Lines] = []
        parts: list[tuple[UnitPrice, Quantity]] = []
        for part in self._parts:
            offset: Quantity = 0
            is_opened = bool(before)
            if part.reference not in ("", RECORD):
                offset = asking.used_of(part.reference) - before
                is_opened = asking.has_opened(part.reference)
            parts.append((part, offset))
            if not is_opened:
                opening.append(part.opening)
        whole = tuple(line for lines in opening for line in lines)
        return SumPrice(parts, reference=RECORD, opening=whole)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """Never asked: `at` has to say first what each part has used."""
        raise AssertionError("a mixed price is priced by what `at` returns")

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """As nobody asks for its lines, nothing is known."""
        return 0


class CompositePrice(Binder):
    """Parts of which some are decided by the record."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Compiled]) -> None:
        self._parts = parts
        super().__init__(tuple(dict.fromkeys(unit for part in parts for unit in units_of(part))))

    def bind(self, asking: Asking) -> Mapping[str, UnitPrice] | Reject:
        """Each part bound to the record; a unit is priced where all parts that name it have it."""
        found: dict[str, list[UnitPrice]] = {}
        missing: set[str] = set()
        for part in self._parts:
            if not isinstance(part, Binder):
                found.setdefault(part.unit, []).append(part)
                continue
            bound = part.bind(asking)
            if isinstance(bound, Reject):
                return bound
            for unit in part.units:
                if unit in bound:
                    found.setdefault(unit, []).append(bound[unit])
                else:
                    missing.add(unit)
        return {unit: add_up(parts) for unit, parts in found.items() if unit not in missing}


def units_of(price: Compiled) -> tuple[str, ...]:
    """The units that a compiled price is for."""
    return price.units if isinstance(price, Binder) else (price.unit,)


def add_up(parts: Sequence[UnitPrice]) -> UnitPrice:
    """One price of several of the same unit."""
    if len(parts) == 1:
        return parts[0]
    references = {part.reference for part in parts} - {""}
    if len(references) > 1:
        return MixedPrice(parts)
    opening = tuple(line for part in parts for line in part.opening)
    return SumPrice([(part, 0) for part in parts], reference="".join(references), opening=opening)
