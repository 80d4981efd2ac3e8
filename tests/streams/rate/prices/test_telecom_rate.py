"""What the lines of a call tell, and what a later part of it pays."""

import pytest

from streams.model.catalog import PerUnit
from streams.model.trade_prices import CallRounding, RateSlot, TelecomRate
from streams.outcome import Reject
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label
from streams.rate.prices.telecom_rate import CallPrice
from tests.streams.rate.prices.asked import Asked, d, of, priced, total

SLOTS = (RateSlot(0, d("1"), d("60"), 60), RateSlot(60, d("0.5"), d("30"), 10))
EACH = d("0.016666666667")
"""Of both slots: 1 for 60 seconds, 0.5 for 30."""
CALL = TelecomRate(unit="u", slots=SLOTS, connect_fee=d("0.2"))


@pytest.mark.parametrize(
    ("used", "seconds", "told"),
    [
        (0, 61, [(0, d("0.2"), "0.2"), (60, EACH, "1"), (10, EACH, "0.166666666667")]),
        (0, 60, [(0, d("0.2"), "0.2"), (60, EACH, "1")]),
        (30, 30, []),
        (30, 31, [(10, EACH, "0.166666666667")]),
        (61, 20, [(20, EACH, "0.333333333333")]),
    ],
)  # fmt: skip
def test_lines_tell_the_seconds_that_are_paid(
    used: int, seconds: int, told: list[tuple[object, object, str]]
) -> None:
    (price,) = compile_kind(CALL, Label("p#1"))
    assert isinstance(price, CallPrice)
    lines = price.lines(seconds, used)
    assert [(line.quantity, line.unit_amount, line.amount) for line in lines] == [
        (quantity, each, d(amount)) for quantity, each, amount in told
    ]


def test_past_its_maximum_a_later_part_of_a_call_is_free() -> None:
    kind = TelecomRate(
        unit="u",
        slots=SLOTS,
        connect_fee=d("0.2"),
        rounding=CallRounding("up", 1),
        max_cost=d("2.55"),
        elapsed="before",
    )
    whole = total(kind, of(4000))
    assert whole == d("2.6")
    for cut in (1, 60, 61, 140, 141, 1000):
        parts = total(kind, of(cut)) + total(kind, Asked({"u": 4000 - cut}, {"before": str(cut)}))
        assert parts == whole
    assert total(kind, Asked({"u": 60}, {"before": "1000"})) == 0


def test_elapsed_seconds_that_are_no_number_refuse_the_record() -> None:
    (price,) = compile_kind(TelecomRate(unit="u", slots=SLOTS, elapsed="before"), Label("p#1"))
    assert isinstance(price, Binder)
    assert isinstance(price.bind(Asked({"u": 1}, {"before": "much"})), Reject)


def test_an_amount_for_three_is_divided_once_at_the_end() -> None:
    thirds = PerUnit(amounts={"u": d("1")}, per=d("3"))
    assert [total(thirds, of(quantity)) for quantity in (1, 2, 3)] == [
        d("0.333333333333"),
        d("0.666666666667"),
        1,
    ]
    (line,) = priced(PerUnit(amounts={"u": d("7")}, per=d("1000")), of(3))
    assert (line.unit_amount, line.amount) == (d("0.007"), d("0.021"))


def test_a_call_that_costs_nothing_has_nothing_to_round() -> None:
    free = TelecomRate(
        unit="u", slots=(RateSlot(0, d("0"), d("60"), 1),), rounding=CallRounding("up", 1)
    )
    assert total(free, of(30)) == 0
