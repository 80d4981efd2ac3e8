"""A markup on what the usage costs: the offer's `costs` say that, in the same pass.

Of the markups whose words hold, the one with most words counts, and among those the first. A part
of the usage (what an allowance covers, a time band) costs its share of the quantity.
"""

from collections.abc import Mapping
from decimal import Decimal

from streams.model.cost_plus import CostPlus
from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import NOTHING
from streams.rate.prices.price import Asking, Binder, CompiledPrice, Label, Lines, product_of

_HUNDRED = Decimal(100)


class MarkedUp(CompiledPrice):
    """What one unit of the record costs, marked up: `whole` units cost `amount` together."""

    __slots__ = ("_amount", "_whole")

    rule = "cost_plus"

    def __init__(self, unit: str, label: Label, *, amount: Decimal, whole: Quantity) -> None:
        super().__init__(unit, label, reference="")
        self._amount = amount
        self._whole = Decimal(whole)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The share of these units."""
        amount = product_of(quantity, self._amount, self._whole)
        each = quantize_line(CONTEXT.divide(self._amount, self._whole))
        return (self.line(quantity, each=each, amount=amount, detail=self.detail),)


class CostPlusPrice(Binder):
    """The price of every unit by what the record costs."""

    __slots__ = ("_label", "_markups", "_percent")

    def __init__(self, price: CostPlus, label: Label) -> None:
        super().__init__(price.units)
        self._label = label
        self._percent = price.markup_percent
        self._markups = sorted(price.markup, key=lambda each: -len(each.when))

    def bind(self, asking: Asking) -> Mapping[str, MarkedUp]:
        """The prices of the units that the record has some of."""
        percent = next(
            (
                each.percent
                for each in self._markups
                if all(asking.word(word) == value for word, value in each.when.items())
            ),
            self._percent,
        )
        label = self._label.told({"markup_percent": f"{percent:f}"})
        times = CONTEXT.divide(CONTEXT.add(_HUNDRED, percent), _HUNDRED)
        found: dict[str, MarkedUp] = {}
        for usage in asking.record.usages:
            if usage.unit in self.units:
                amount = CONTEXT.multiply(asking.cost_of(usage.unit), times)
                whole = usage.quantity or 1
                if not usage.quantity:
                    amount = NOTHING
                found[usage.unit] = MarkedUp(usage.unit, label, amount=amount, whole=whole)
        return found
