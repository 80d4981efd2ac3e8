"""A change of the tariff inside a grant, for usage that lasts no time of its own.

What is measured in time is one record, which rating cuts where the tariff changes. Of other units
nobody knows before the report what will be used before and what after the change (RFC 8506:
Tariff-Time-Change). So a grant covers both: all of it before, and all of it after.
"""

from typing import NamedTuple

from streams.model.charging_session import ServiceRequest
from streams.model.instant import BEGINNING, DAY, FOREVER, Instant
from streams.rate.offer import CompiledOffer
from streams.session.records import LASTING


class Change(NamedTuple):
    """When the tariff changes next, and when once more; `BEGINNING` and `FOREVER`: not soon."""

    at: Instant
    again_at: Instant


NO_CHANGE = Change(BEGINNING, FOREVER)


def change_of(
    offer: CompiledOffer | None, asked: ServiceRequest, *, start: Instant, until: Instant, zone: str
) -> Change:
    """The changes of the offer's tariff after `start`, looked for until a day after `until`."""
    bands = None if offer is None else offer.terms.bands
    if bands is None or any(usage.unit in LASTING for usage in (*asked.requested, *asked.used)):
        return NO_CHANGE
    parts = bands.segments(start, until + DAY, zone)
    if len(parts) == 1:
        return NO_CHANGE
    return Change(parts[0].end, parts[1].end if len(parts) > 2 else FOREVER)
