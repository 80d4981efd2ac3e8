"""A record to ask, and the lines that a price makes of it."""

from dataclasses import dataclass, field
from decimal import Decimal

from streams.model.instant import Instant
from streams.model.money import Quantity
from streams.model.prices import PriceKind
from streams.model.rated import ChargeLine
from streams.model.usage import Usage, UsageRecord
from streams.outcome import Reject
from streams.rate.prices.composite import MixedPrice
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label, UnitPrice

MONDAY_0930 = 1_767_605_400_000_000
"""2026-01-05T09:30:00Z."""


def d(number: str) -> Decimal:
    return Decimal(number)


@dataclass
class Payer:
    time_zone: str = "UTC"


@dataclass
class Asked:
    """A record of these units, with totals of accumulators before it."""

    units: dict[str, Quantity]
    attributes: dict[str, str] = field(default_factory=dict)
    used: dict[str, Quantity] = field(default_factory=dict)
    at: Instant = MONDAY_0930
    payer: Payer = field(default_factory=Payer)

    @property
    def record(self) -> UsageRecord:
        usages = tuple(Usage(unit, quantity) for unit, quantity in self.units.items())
        return UsageRecord(
            b"", "t", "s", "e", 0, 0, 0, "x", "svc", "r", self.at, self.at, usages, self.attributes
        )

    def used_of(self, accumulator: str) -> Quantity:
        return self.used.get(accumulator, 0)

    def has_opened(self, accumulator: str) -> bool:
        return accumulator in self.used


def priced(kind: PriceKind, asked: Asked, *, charges_zero: bool = False) -> list[ChargeLine]:
    """All lines of a record, as the rule of pricing makes them."""
    compiled = compile_kind(kind, Label("p#1", {}, charges_zero))
    by_unit: dict[str, UnitPrice] = {}
    for price in compiled:
        if isinstance(price, Binder):
            bound = price.bind(asked)
            assert not isinstance(bound, Reject), bound
            by_unit |= bound
        else:
            by_unit[price.unit] = price
    lines: list[ChargeLine] = []
    closings = []
    for unit, quantity in asked.units.items():
        price = by_unit[unit]
        if isinstance(price, MixedPrice):
            price = price.at(asked, 0)
        used = asked.used_of(price.reference)
        assert price.limit is None or used + quantity <= price.limit, "quantity not covered"
        if not asked.has_opened(price.reference):
            lines += price.opening
        if quantity:
            lines += price.lines(quantity, used)
        if price.closing is not None and price.closing not in closings:
            closings.append(price.closing)
    for closing in closings:
        lines += closing.close(lines)
    return lines


def total(kind: PriceKind, asked: Asked, *, charges_zero: bool = False) -> Decimal:
    lines = priced(kind, asked, charges_zero=charges_zero)
    assert all(line.amount.as_tuple().exponent == -12 for line in lines), lines
    return sum((line.amount for line in lines), Decimal(0))


def of(quantity: Quantity | str, used: Quantity = 0) -> Asked:
    """A record of unit `u`, with so much in accumulator `month` before it."""
    amount: Quantity = Decimal(quantity) if isinstance(quantity, str) else quantity
    return Asked({"u": amount}, used={"month": used} if used else {})
