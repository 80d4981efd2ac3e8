"""Which prices are settled when their period has ended, and the totals that are kept of them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.model.catalog import PriceOffer
from streams.model.prices import Volume

SETTLED: Final = "settled:"
"""What the names of these totals begin with."""
SETTLE: Final = "settle:"
"""What the names of these settlements begin with."""


class SettledPrice(NamedTuple):
    """A price of an offer by its number, `charged` and `billed`: the totals of money and units."""

    name: str
    number: int
    price: Volume
    when: dict[str, str]
    tax_class: str
    charged: str
    billed: str


def settled_prices(price_plan: str, offer: PriceOffer, agreed: int = 0) -> Iterator[SettledPrice]:
    """Those of an offer that are settled, without the first ones, that are `agreed`."""
    for number, price in enumerate(offer.prices[agreed:], start=1):
        kind = price.price
        if isinstance(kind, Volume) and kind.settle == "period_end":
            name = f"{offer.id}#{number}"
            total = f"{SETTLED}{price_plan}/{name}"
            yield SettledPrice(
                f"{SETTLE}{name}",
                number + agreed,
                kind,
                price.when,
                price.tax_class,
                total,
                f"{total}:{kind.unit}",
            )
