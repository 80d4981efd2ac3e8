"""Windows: which span a record counts in, what it finds there, and when all of it is over."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.model.accumulator import Rolling
from streams.model.billing_period import BillingPeriod
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant, Period, instant_of
from streams.model.tally import Span
from streams.rate.spans import LIFE, OwnSpan
from streams.rate.tally_windows import Windows, windows_of

DAILY = BillingPeriod(id="day", unit="day")
HOURLY = BillingPeriod(id="hour", unit="hour")
MONTH = OwnSpan(BillingPeriod(id="month", unit="month"))
ZONE = "Europe/Zurich"


def local(text: str, zone: str = ZONE) -> Instant:
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def day(text: str, value: int = 1) -> Span:
    start = local(text)
    return Span(*rolling(3).place(start, ZONE, BEGINNING), value)


def rolling(steps: int, step: BillingPeriod = DAILY) -> Windows:
    return windows_of(Rolling(steps=steps, step=step), False, MONTH)


def test_a_step_is_the_records_own_however_late_it_is() -> None:
    at = local("2026-03-10T12:00")
    own = Period(local("2026-03-10T00:00"), local("2026-03-11T00:00"))
    assert rolling(3).place(at, ZONE, FOREVER) == own


def test_a_window_of_days_is_of_local_days_where_the_clock_changes() -> None:
    spans = (day("2026-03-27"), day("2026-03-28"), day("2026-03-30"))
    ((shown, of),) = rolling(3).shown(spans[1:], ZONE)
    assert shown == Period(local("2026-03-28T00:00"), local("2026-03-31T00:00"))
    assert shown.end - shown.start == 3 * DAY - HOUR
    assert of == spans[1:]
    assert rolling(3).left(spans, ZONE, BEGINNING) == spans[1:]
    assert rolling(4).left(spans, ZONE, BEGINNING) is spans


def test_a_day_whose_midnight_is_left_out_begins_at_the_change() -> None:
    zone = "Asia/Beirut"
    window = windows_of(Rolling(steps=2, step=DAILY), False, MONTH)
    changed = window.place(local("2024-03-31T12:00", zone), zone, BEGINNING)
    assert changed.start == local("2024-03-31T01:00", zone)
    after = window.place(local("2024-04-01T12:00", zone), zone, BEGINNING)
    spans = (Span(*changed, 5), Span(*after, 7))
    assert window.left(spans, zone, BEGINNING) == spans
    ((shown, _),) = window.shown(spans, zone)
    assert shown == Period(changed.start, after.end)


@pytest.mark.parametrize(
    ("late", "found"), [("2026-03-10", 2), ("2026-03-12", 2), ("2026-03-13", 1)]
)
def test_a_late_record_finds_the_window_as_it_stands(late: str, found: int) -> None:
    spans = (day("2026-03-10"), day("2026-03-12"))
    step = rolling(3).place(local(late), ZONE, BEGINNING)
    assert len(rolling(3).seen(spans, step, ZONE)) == found


def test_hours_are_elapsed_time() -> None:
    window = rolling(24, HOURLY)
    step = window.place(local("2026-03-29T12:30"), ZONE, BEGINNING)
    ((shown, _),) = window.shown((Span(*step, 1),), ZONE)
    assert shown == Period(local("2026-03-29T13:00") - 24 * HOUR, local("2026-03-29T13:00"))


def test_a_rolling_total_is_over_when_no_window_in_time_has_its_steps() -> None:
    span = day("2026-03-10")
    assert rolling(3).closes_at((span,), HOUR) == span.end + 3 * (DAY + HOUR) + HOUR
    hour = Span(0, HOUR, 1)
    assert rolling(5, HOURLY).closes_at((hour,), 0) == 6 * HOUR


def test_periods_are_over_with_the_grace_of_the_last_one() -> None:
    windows = windows_of(None, False, MONTH)
    march = windows.place(local("2026-03-10"), ZONE, BEGINNING)
    april = windows.place(local("2026-03-10"), ZONE, march.end)
    assert april.start == march.end
    spans = (Span(*march, 1), Span(*april, 2))
    assert windows.left(spans, ZONE, march.end - 1) == spans
    assert windows.left(spans, ZONE, march.end) == spans[1:]
    assert windows.seen(spans, april, ZONE) == [spans[1]]
    assert windows.closes_at(spans, HOUR) == april.end + HOUR
    assert [shown for shown, _ in windows.shown(spans, ZONE)] == [march, april]


def test_life_is_never_over() -> None:
    windows = windows_of(None, True, MONTH)
    span = Span(*LIFE, 1)
    assert windows.place(local("2026-03-10"), ZONE, FOREVER) == LIFE
    assert windows.seen((span,), LIFE, ZONE) == (span,)
    assert windows.left((span,), ZONE, FOREVER) == (span,)
    assert windows.shown((span,), ZONE) == [(LIFE, (span,))]
    assert windows.closes_at((span,), HOUR) == FOREVER


def test_another_window_has_another_name() -> None:
    named = [
        windows_of(None, True, MONTH),
        windows_of(None, False, MONTH),
        rolling(3),
        rolling(4),
        rolling(3, HOURLY),
    ]
    assert len({windows.name for windows in named}) == len(named)
