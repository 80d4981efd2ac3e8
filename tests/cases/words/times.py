"""When things happen: dates, instants, and the words that cases have for a place in a row."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.cases.draft import BEGIN
from tests.cases.fields import NotYet, UnknownField

_ORDER: Final = re.compile(r"(?:event|part|run|step) (\d+)")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_AND_HOUR: Final = re.compile(rf"({'|'.join(_WEEKDAYS)}) (\d\d):(\d\d)", re.IGNORECASE)
_BEFORE_END: Final = re.compile(r"end - (\d+) days?")
_EARLIER: Final = re.compile(r"\d+ months in")
END: Final = datetime(BEGIN.year, BEGIN.month + 1, 1, tzinfo=UTC)
"""The end of the month that usage without a time is in; so many "months in" is before it."""
_FROM_EDGE: Final = re.compile(r"(start|end) ?([+-]) ?((?:\d+[dhms])+)")
_AMOUNTS: Final = re.compile(r"(\d+)([dhms])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_RELATIVE: Final = re.compile(r"(start|end)\b.*|\d+", re.IGNORECASE)
_DATED: Final = re.compile(r"_\d{4}_\d\d_\d\d$")


def without_date(name: str) -> str:
    """A field's name without the day that it tells: `invoice_cents_2023_10_01`."""
    return _DATED.sub("", name)


def moment_of(text: str, path: str) -> datetime:
    """The instant that a case's `t` means; without an offset it is in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _by_words(text, path)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def in_order(number: int) -> datetime:
    """The time of the n-th event where the case names none."""
    return BEGIN + timedelta(minutes=number)


def span_of(text: str) -> timedelta:
    """How long `1d2h30m` is."""
    amounts = _AMOUNTS.findall(text)
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in amounts})


def _by_words(text: str, path: str) -> datetime:
    placed = _ORDER.fullmatch(text)
    if placed:
        return BEGIN + timedelta(hours=int(placed[1]))
    weekday = _DAY_AND_HOUR.fullmatch(text)
    if weekday:
        days = _WEEKDAYS.index(weekday[1].lower()) - BEGIN.weekday()
        day = BEGIN + timedelta(days=days % 7)
        return day.replace(hour=int(weekday[2]), minute=int(weekday[3]))
    edge = _FROM_EDGE.fullmatch(text)
    if edge:
        away = span_of(edge[3])
        return (BEGIN if edge[1] == "start" else END) + (away if edge[2] == "+" else -away)
    if text in ("start", "end"):
        return BEGIN if text == "start" else END
    before = _BEFORE_END.fullmatch(text)
    if before:
        return END - timedelta(days=int(before[1]))
    if _EARLIER.fullmatch(text):
        return END.replace(month=END.month - 1) - timedelta(days=1)
    if _RELATIVE.fullmatch(text):
        raise NotYet(f"time {text!r}")
    raise UnknownField(f"{path}: {text!r} is no time")
