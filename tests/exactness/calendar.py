"""Local time, the slow way: walk minute by minute and ask zoneinfo each time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.exactness.tariff import Band, TimeUnit

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


def month_start(at: datetime, zone: str) -> datetime:
    """The first instant of the local calendar month that holds `at`."""
    local = at.astimezone(ZoneInfo(zone))
    first = datetime(local.year, local.month, 1, tzinfo=ZoneInfo(zone))
    return first.astimezone(UTC)


def month_end(at: datetime, zone: str) -> datetime:
    """The first instant of the next local month."""
    local = at.astimezone(ZoneInfo(zone))
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _holds(band: Band, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    if band.start < band.end:
        return DAYS[local.weekday()] in band.weekdays and band.start <= minute < band.end
    yesterday = DAYS[(local.weekday() - 1) % 7]
    tonight = DAYS[local.weekday()] in band.weekdays and minute >= band.start
    return tonight or (yesterday in band.weekdays and minute < band.end)


def band_at(unit: TimeUnit, at: datetime, zone: str) -> str:
    """The first band that holds the local time of `at`."""
    local = at.astimezone(ZoneInfo(zone))
    return next((band.name for band in unit.bands if _holds(band, local)), unit.default)


def segments(
    unit: TimeUnit | None, start: datetime, end: datetime, zone: str
) -> list[tuple[str, timedelta]]:
    """(band, length) of each stretch of `[start, end)`, cut where the band changes."""
    if unit is None:
        return [("", end - start)]
    found = [(band_at(unit, start, zone), start)]
    at = start.replace(second=0, microsecond=0) + MINUTE
    while at < end:
        band = band_at(unit, at, zone)
        if band != found[-1][0]:
            found.append((band, at))
        at += MINUTE
    ends = [begin for _, begin in found[1:]] + [end]
    return [(band, until - begin) for (band, begin), until in zip(found, ends, strict=True)]
