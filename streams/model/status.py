"""Whether an account or a service id may be used, and from when on."""

from typing import Literal

from msgspec import Struct

from streams.model.instant import BEGINNING, FOREVER, Instant, Period

StatusWord = Literal["active", "suspended", "terminated"]


class StatusMark(Struct, frozen=True, array_like=True):
    """From `start` on, until the next mark, it is as `status` says."""

    start: Instant
    status: StatusWord


Statuses = tuple[StatusMark, ...]
"""By rising start; before the first it is active."""


def marked(statuses: Statuses, mark: StatusMark) -> Statuses:
    """With one mark more, which takes the place of one with the same start."""
    others = [each for each in statuses if each.start != mark.start]
    return tuple(sorted([*others, mark], key=lambda each: each.start))


def status_at(statuses: Statuses, instant: Instant) -> tuple[StatusWord, Period]:
    """The status in force at an instant, and for how long it is."""
    found: StatusWord = "active"
    start, end = BEGINNING, FOREVER
    for mark in statuses:
        if mark.start > instant:
            end = mark.start
            break
        start, found = mark.start, mark.status
    return found, Period(start, end)
