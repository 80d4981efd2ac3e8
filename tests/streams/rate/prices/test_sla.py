"""What a missed service level gives back, whatever the order of its bands."""

import pytest

from streams.model.money import Quantity
from streams.model.sla import Sla, SlaBand
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label
from tests.streams.rate.prices.asked import Asked, d, total

UPTIME = Sla(
    unit="uptime",
    target=d("99"),
    fee=d("100"),
    bands=(
        SlaBand(start=d("0"), below=d("90"), percent=d("50")),
        SlaBand(start=d("90"), below=d("100"), percent=d("10")),
    ),
)


@pytest.mark.parametrize(
    ("level", "back"),
    [("0.1", 50), ("89.999", 50), (90, 10), ("98.999", 10), (99, 0), ("99.5", 0), (100, 0)],
)
def test_a_band_gives_nothing_back_from_the_target_on(level: Quantity | str, back: int) -> None:
    counted = d(level) if isinstance(level, str) else level
    asked = Asked({"uptime": counted})
    assert total(UPTIME, asked) == -back


def test_the_level_is_that_of_its_own_unit() -> None:
    from_zero = Sla(
        unit="uptime",
        target=d("99"),
        fee=d("100"),
        bands=(SlaBand(start=d("0"), below=d("1"), percent=d("50")),),
    )
    (price,) = compile_kind(from_zero, Label("p#1"))
    assert isinstance(price, Binder)
    for units, back in (({"calls": 5, "uptime": 0}, -50), ({"calls": 5}, -50), ({"uptime": 1}, 0)):
        bound = price.bind(Asked(dict(units)))
        assert isinstance(bound, dict)
        assert sum(line.amount for line in bound["uptime"].opening) == back
