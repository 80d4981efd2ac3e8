"""What a local clock and calendar say, second by second, with nothing worked out before."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from streams.model.instant import SECOND, Instant, instant_of, offset_at
from streams.model.time_unit import WEEKDAYS, Band, TimeUnit

ZONES = (
    "Europe/Zurich",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Godthab",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Antarctica/Troll",
)

MAY_DAY, NEW_YEAR = 501, 101
EPOCH = date(1970, 1, 1).toordinal()


def day_number(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


HOLIDAYS = tuple(
    sorted(day_number(f"{year}-{day}") for year in range(2000, 2031) for day in ("03-29", "10-26"))
)
UNIT = TimeUnit(
    id="hours",
    bands=(
        Band(
            name="holiday",
            weekdays=WEEKDAYS,
            start=0,
            end=1440,
            dated=True,
            dates=HOLIDAYS,
            yearly=(NEW_YEAR, MAY_DAY),
        ),
        Band(name="summer", weekdays=WEEKDAYS, start=720, end=720, dated=True, yearly=(701, 702)),
        Band(name="night", weekdays=WEEKDAYS[:6], start=22 * 60, end=6 * 60),
        Band(name="peak", weekdays=WEEKDAYS[:5], start=8 * 60, end=12 * 60 + 30),
        Band(name="peak", weekdays=WEEKDAYS[:5], start=13 * 60, end=20 * 60),
        Band(name="early", weekdays=WEEKDAYS, start=90, end=150),
    ),
    default="offpeak",
)


def band_by_clock(instant: Instant, zone_name: str, unit: TimeUnit = UNIT) -> str:
    """The band of what the clock shows."""
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    local = utc.astimezone(ZoneInfo(zone_name))
    minute, today = local.hour * 60 + local.minute, local.date()
    for band in unit.bands:
        later = band.end > band.start
        if _holds(band, today) and band.start <= minute and (minute < band.end or not later):
            return band.name
        if not later and _holds(band, today - timedelta(days=1)) and minute < band.end:
            return band.name
    return unit.default


def _holds(band: Band, day: date) -> bool:
    if WEEKDAYS[day.weekday()] not in band.weekdays:
        return False
    listed = day.toordinal() - EPOCH in band.dates or day.month * 100 + day.day in band.yearly
    return listed or not band.dated


def by_seconds(start: Instant, end: Instant, zone_name: str) -> list[tuple[str, int]]:
    """The bands of a call and how many seconds it is in each, asked second by second."""
    bands = (band_by_clock(at, zone_name) for at in range(start, end, SECOND))
    return [(band, len(list(run))) for band, run in groupby(bands)]


def changes(zone_name: str) -> list[Instant]:
    """When the zone's clock changed from 2005 to 2030, to the hour."""
    first = instant_of(datetime(2005, 1, 1, tzinfo=UTC))
    hours = [first + number * 3600 * SECOND for number in range(25 * 365 * 24)]
    days = hours[::24]
    jumps = [
        day
        for day, following in pairwise(days)
        if offset_at(day, zone_name) != offset_at(following, zone_name)
    ]
    return [
        hour
        for day in jumps
        for hour in range(day, day + 24 * 3600 * SECOND, 3600 * SECOND)
        if offset_at(hour, zone_name) != offset_at(hour + 3600 * SECOND, zone_name)
    ]
