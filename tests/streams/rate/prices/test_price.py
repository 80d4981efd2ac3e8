"""How many of a size there are in a quantity: counts, fractions, and both together."""

import pytest

from streams.model.money import Quantity
from streams.rate.prices.price import AskedPrice, Binder, completed, nearest, started
from tests.streams.rate.prices.asked import d


@pytest.mark.parametrize(
    ("counted", "size", "begun", "full", "close"),
    [
        (0, 5, 0, 0, 0), (5, 5, 1, 1, 1), (6, 5, 2, 1, 1), (7, 5, 2, 1, 1), (8, 5, 2, 1, 2),
        (6, 4, 2, 1, 2), (5, 4, 2, 1, 1),
        (6, "2.5", 3, 2, 2), (5, "2.5", 2, 2, 2), (4, "2.5", 2, 1, 2),
        ("6.25", 5, 2, 1, 1), ("7.5", 5, 2, 1, 2), ("7.4", 5, 2, 1, 1), ("10.0", 5, 2, 2, 2),
        ("0.3", "0.1", 3, 3, 3), ("0.31", "0.1", 4, 3, 3), ("0.35", "0.1", 4, 3, 4),
        (10**18, "0.000000000001", 10**30, 10**30, 10**30),
        ("999999999999999999.999999999999", 1, 10**18, 10**18 - 1, 10**18),
    ],
)  # fmt: skip
def test_begun_full_and_nearest(
    counted: Quantity | str, size: Quantity | str, begun: int, full: int, close: int
) -> None:
    of, by = (d(each) if isinstance(each, str) else each for each in (counted, size))
    assert (started(of, by), completed(of, by), nearest(of, by)) == (begun, full, close)


def test_a_price_that_the_record_decides_stands_for_its_unit() -> None:
    binder = Binder(("u",))
    price = AskedPrice("u", binder)
    assert (price.unit, price.binder) == ("u", binder)
