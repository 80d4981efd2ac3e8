"""Dates, hours and spans as catalogs write them → instants and minutes."""

from datetime import UTC, datetime

from streams.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, instant_of

_SPANS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def instant_at(text: str) -> Instant | None:
    """The instant of a date (its beginning in UTC) or time with offset; None: it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def minute_of(hour: str) -> int:
    """`08:30` → 510."""
    hours, _, minutes = hour.partition(":")
    return int(hours or 0) * 60 + int(minutes or 0)


def duration_of(text: str) -> Instant:
    """`2h` → microseconds."""
    return int(text[:-1]) * _SPANS[text[-1]]
