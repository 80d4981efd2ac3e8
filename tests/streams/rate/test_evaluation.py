"""What evaluations still look at once periods are closed."""

import pytest

from streams.model.billing_period import BillingPeriod
from streams.model.evaluation import Evaluation
from streams.model.instant import DAY
from streams.rate.evaluation import CompiledEvaluation, still_evaluated

EVERY_DAY = BillingPeriod(id="day", unit="day")


@pytest.mark.parametrize("periods", [(1, 3), (3, 1), (3, 3), (2, 3, 1)])
def test_the_longest_window_of_an_accumulator_decides_and_the_last_before_it_stays(
    periods: tuple[int, ...],
) -> None:
    evaluations = {
        f"e{count}": CompiledEvaluation(
            Evaluation(id=f"e{count}", accumulator="used", periods=count), EVERY_DAY
        )
        for count in periods
    }
    closed = [("used", day * DAY, (day + 1) * DAY, day) for day in range(1, 8)]
    others = [("other", day * DAY, (day + 1) * DAY, day) for day in range(1, 8)]
    kept = still_evaluated([*others, *closed], evaluations, "UTC", 8 * DAY)
    assert sorted(total for *_, total in kept) == [4, 5, 6, 7]
    assert {name for name, *_ in kept} == {"used"}
