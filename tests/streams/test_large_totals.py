"""Totals grow beyond what the wire's integers hold: then they are decimals, and stay exact."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import msgspec
import pytest

from streams.model.account import Accumulators
from streams.model.money import WHOLE_MAX, Quantity, added
from streams.rate.quantity import exact


@pytest.mark.parametrize(
    ("held", "amount", "kind"),
    [
        (WHOLE_MAX - 1, 1, int),
        (WHOLE_MAX, 1, Decimal),
        (1 - WHOLE_MAX, -1, int),
        (-WHOLE_MAX, -1, Decimal),
    ],
)
def test_a_sum_stays_a_count_as_long_as_it_fits(held: int, amount: int, kind: type) -> None:
    total = added(held, amount)
    assert (type(total), total) == (kind, held + amount)
    msgspec.msgpack.encode(Accumulators((("month", 0, 1, total),)))


def test_a_large_total_goes_on_exactly() -> None:
    total: Quantity = 0
    for _ in range(30):
        total = added(total, 10**18)
    total = added(total, Decimal("0.000000000001"))
    assert total == Decimal("30000000000000000000.000000000001")


@pytest.mark.parametrize("number", [WHOLE_MAX, WHOLE_MAX + 1, -WHOLE_MAX - 1, 10**30])
def test_a_whole_number_is_an_int_as_long_as_it_fits(number: int) -> None:
    found = exact(Decimal(number))
    assert found == number
    assert isinstance(found, int) == (abs(number) <= WHOLE_MAX)


def test_plain_arithmetic_keeps_all_digits_of_a_quantity_in_any_thread() -> None:
    def worked_out() -> Decimal:
        return -(Decimal("150000000000000000.000000000001") + 1)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(worked_out).result() == worked_out()
    assert worked_out() == Decimal("-150000000000000001.000000000001")
