"""What a compiled price is, and how its charge is worked out.

Most prices are cumulative: what a period costs is a function of its total, and usage pays the
difference that it makes, `total(used + quantity) - total(used)`. So a period costs the same
however its usage was cut into records; quantity that is taken back (negative) gives back what it
cost.

By the record a price is odd: a record that takes back so much costs what one of that much would
cost, with the opposite sign.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple, Protocol

from streams.model.money import CONTEXT, ZERO, Quantity, added, minus, quantize_line
from streams.model.price import RECORD
from streams.model.rated import ChargeLine
from streams.model.usage import UsageRecord
from streams.outcome import Reject

Lines = tuple[ChargeLine, ...]
UNBOUNDED: Final = Decimal("Infinity")
"""More than any quantity."""
NO_AMOUNT = quantize_line(ZERO)
_subtract = CONTEXT.subtract


class Closing(Protocol):
    """What is only known once all of a record is priced: rounding of a call, a maximum."""

    def close(self, lines: Iterable[ChargeLine]) -> Lines:
        """What comes on top of these lines, or off."""


class UnitPrice(Protocol):
    """A compiled price of one unit. `reference` names what its tiers are measured on, if any.

    Quantity past `limit` (a total) has no price. `opening` is due once when the reference is
    opened, even by a quantity of nothing. `closing` amends the lines at the end.
    """

    unit: str
    reference: str
    limit: Quantity | None
    opening: Lines
    closing: Closing | None

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The charge of `quantity` after `used` units."""

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """How many units more may be used before `quantity`, and its charge is the same."""


class Paying(Protocol):
    """What a price may ask about the account."""

    @property
    def time_zone(self) -> str:
        """Where its clock stands."""


class Asking(Protocol):
    """What a price may ask about the record while it is charged."""

    @property
    def record(self) -> UsageRecord:
        """The record."""

    @property
    def payer(self) -> Paying:
        """Who pays it."""

    def used_of(self, accumulator: str) -> Quantity:
        """The accumulator's total before the usage."""

    def has_opened(self, accumulator: str) -> bool:
        """True where the period has counted something in it, be it nothing."""

    def cost_of(self, unit: str) -> Decimal:
        """What the record's quantity of a unit costs the tenant."""

    def word(self, name: str) -> str | None:
        """An attribute of the record, or `account.<attribute>`."""


class Binder:
    """A price that the record decides: bound to it before its leaves are priced."""

    __slots__ = ("units",)

    def __init__(self, units: tuple[str, ...]) -> None:
        self.units = units

    def bind(self, asking: Asking) -> Mapping[str, UnitPrice] | Reject:
        """The prices by unit for this record; a unit that is not among them has none."""
        raise NotImplementedError


class AskedPrice:
    """Stands for one unit of a price that the record decides."""

    __slots__ = ("binder", "unit")

    reference = ""
    limit: Quantity | None = None
    opening: Lines = ()
    closing: Closing | None = None

    def __init__(self, unit: str, binder: Binder) -> None:
        self.unit = unit
        self.binder = binder

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """Never asked: the binder says first what the record pays by."""
        raise AssertionError("a price that asks the record is priced by what it binds to")

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """As nobody asks for its lines, nothing is known."""
        return 0


Compiled = UnitPrice | Binder
"""A price row compiled: for each unit it names, or one for all that the record decides."""


class Label(NamedTuple):
    """What stands in each line of a price: its name in the catalog, and what it was chosen by.

    `charges_zero`: its offer charges usage of nothing too. `evaluations` are the references that
    are none.
    """

    source: str
    detail: dict[str, str] = {}
    charges_zero: bool = False
    evaluations: frozenset[str] = frozenset()

    def told(self, words: dict[str, str]) -> "Label":
        """The label with more words of detail."""
        return self._replace(detail=self.detail | words)

    def part(self, number: int) -> "Label":
        """The label of a part of a composite price."""
        return self._replace(source=f"{self.source}.{number}")


class CompiledPrice:
    """What all prices of one unit hold."""

    __slots__ = ("_rule", "detail", "reference", "source", "unit")

    rule: ClassVar[str]
    limit: Quantity | None = None
    opening: Lines = ()
    closing: Closing | None = None

    def __init__(self, unit: str, label: Label, *, reference: str) -> None:
        self.unit = unit
        self.reference = reference
        self.source = label.source
        self.detail = label.detail
        # Found faster at the object than at its class, once for each line.
        self._rule = self.rule

    def line(
        self, quantity: Quantity, *, each: Decimal, amount: Decimal, detail: dict[str, str]
    ) -> ChargeLine:
        """A line of this price; `amount` is at a line's scale already."""
        return ChargeLine(self._rule, self.source, self.unit, quantity, each, amount, detail)

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """Nothing is known, unless a price says more."""
        return 0


class Total(NamedTuple):
    """What a total costs: `amount` at a line's scale, what a unit costs there, and by what."""

    amount: Decimal
    each: Decimal
    detail: dict[str, str]


class CumulativePrice(CompiledPrice):
    """A price that one function of the total says whole; each usage makes one line."""

    __slots__ = ()

    def total(self, counted: Quantity) -> Total:
        """What the first `counted` units cost together."""
        raise NotImplementedError

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The difference that the units after the first `used` ones make."""
        if quantity < 0 and self.reference == RECORD:
            return given_back(self, quantity, used)
        after = self.total(used + quantity)
        amount = _subtract(after.amount, self.total(used).amount)
        return (self.line(quantity, each=after.each, amount=amount, detail=after.detail),)


def started(counted: Quantity, size: Quantity) -> int:
    """How many of `size` have begun: exactly at the end of one, the next has not."""
    if type(counted) is int and type(size) is int:
        return -(-counted // size)
    whole, rest = _split(counted, size)
    return whole + 1 if rest > 0 else whole


def completed(counted: Quantity, size: Quantity) -> int:
    """How many of `size` are full."""
    return _split(counted, size)[0]


def nearest(counted: Quantity, size: Quantity) -> int:
    """How many of `size`, to the nearest; a half counts."""
    whole, rest = _split(counted, size)
    return whole + 1 if 2 * rest >= size else whole


def _split(counted: Quantity, size: Quantity) -> tuple[int, Quantity]:
    if type(counted) is int and type(size) is int:
        return divmod(counted, size)
    return int(CONTEXT.divide_int(counted, size)), CONTEXT.remainder(counted, size)


def product_of(quantity: Quantity, amount: Decimal, per: Decimal) -> Decimal:
    """`quantity * amount / per`, rounded once, to a line's scale."""
    return quantize_line(CONTEXT.divide(CONTEXT.multiply(quantity, amount), per))


def total_of(lines: Iterable[ChargeLine]) -> Decimal:
    """What the lines sum to."""
    total = NO_AMOUNT
    for line in lines:
        total = CONTEXT.add(total, line.amount)
    return total


def given_back(price: UnitPrice, quantity: Quantity, used: Quantity) -> Lines:
    """The lines of a negative quantity: what the last units of the total did cost.

    By the record it is what a record of that much costs.
    """
    first = minus(used) if price.reference == RECORD else added(used, quantity)
    return taken_back(price.lines(minus(quantity), first))


def taken_back(lines: Lines) -> Lines:
    """The same lines with the opposite sign."""
    return tuple(
        ChargeLine(
            line.rule,
            line.price,
            line.unit,
            minus(line.quantity),
            line.unit_amount,
            CONTEXT.minus(line.amount),
            line.detail,
        )
        for line in reversed(lines)
    )
