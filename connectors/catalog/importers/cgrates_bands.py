"""Timings that overlap and outweigh each other → bands, in each of which the same ones hold."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from connectors.catalog.importers.cgrates_files import Timing
from streams.model.time_unit import WEEKDAYS

_DAY_MINUTES = 1440


class Bands(NamedTuple):
    """The words of a time unit, and which timings hold in each of its bands."""

    unit: dict[str, Any]
    holding: dict[str, frozenset[Timing]]
    conflict: str = ""


def cut_bands(timings: Sequence[Timing]) -> Bands:
    """The bands of these timings; `conflict` says why there are none.

    Days that a timing names come first, with the timings of all days beside those of these days.
    """
    everyday = [timing for timing in timings if not any(timing.dates)]
    dated = sorted({timing.dates for timing in timings if any(timing.dates)})
    names: dict[frozenset[Timing], str] = {}
    bands: list[dict[str, Any]] = []
    taken: set[str] = set()
    for dates in dated:
        days = days_of(*dates)
        if taken & set(days):
            return Bands({}, {}, "two timings name some of the same days: expected them apart")
        taken |= set(days)
        mine = [*everyday, *(timing for timing in timings if timing.dates == dates)]
        bands += _week(mine, names, list(days))
    bands += _week(everyday, names, [])
    default = _default(bands)
    listed = [band for band in bands if band["band"] != default or "dates" in band]
    unit = {"time_zone": "UTC", "bands": listed, "default": default}
    return Bands(unit, {name: holding for holding, name in names.items()})


def _week(
    timings: Iterable[Timing], names: dict[frozenset[Timing], str], days: list[str]
) -> list[dict[str, Any]]:
    """The bands of a week: each stretch between two starts, of the weekdays that are alike."""
    timings = list(timings)
    edges = sorted({0, _DAY_MINUTES, *(timing.minute for timing in timings)})
    stretches: dict[tuple[str, tuple[int, int]], list[str]] = {}
    for window in pairwise(edges):
        for number, weekday in enumerate(WEEKDAYS):
            holding = frozenset(
                timing
                for timing in timings
                if timing.minute <= window[0] and (not timing.weekdays or number in timing.weekdays)
            )
            name = names.setdefault(holding, _name(holding, names))
            stretches.setdefault((name, window), []).append(weekday)
    found: list[dict[str, Any]] = []
    for (name, (start, end)), weekdays in stretches.items():
        band: dict[str, Any] = {"band": name, "days": weekdays}
        if days:
            band["dates"] = days
        found.append({**band, "hours": [f"{_hour(start)}-{_hour(end)}"]})
    return found


def _name(holding: frozenset[Timing], names: dict[frozenset[Timing], str]) -> str:
    """By the timing that begins last and asks most; a number where that is taken."""
    if not holding:
        stem = "none"
    else:
        last = max(holding, key=lambda each: (any(each.dates), each.minute, each.id))
        stem = last.id.lstrip("*").lower()[:48]
    taken, number, name = set(names.values()), 1, stem
    while name in taken:
        number += 1
        name = f"{stem}.{number}"
    return name


def _default(bands: list[dict[str, Any]]) -> str:
    """The band that the most stretches of a plain week have: it needs not be listed."""
    plain: list[str] = [band["band"] for band in bands if "dates" not in band]
    return max(dict.fromkeys(plain), key=plain.count)


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def days_of(
    years: tuple[int, ...], months: tuple[int, ...], month_days: tuple[int, ...]
) -> tuple[str, ...]:
    """The days as catalogs write them: of every year, or each of the years named."""
    found: list[str] = []
    for year in years or (2000,):
        for month in months or range(1, 13):
            for day in month_days or range(1, 32):
                try:
                    text = date(year, month, day).isoformat()
                except ValueError:
                    continue
                found.append(text if years else text[5:])
    return tuple(found)
