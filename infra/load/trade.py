"""What the customers of an example catalog are, and the usage that they send."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from streams.model.instant import Instant


class Moment(NamedTuple):
    """What names an event: its id, whose service made it, when, also as text."""

    event_id: bytes
    service: bytes
    at: Instant
    time: bytes


Render = Callable[[Random, Moment], bytes]
"""The bytes of one message, in any format that the catalog's source platforms read."""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """An example catalog with its trade. The n-th customer is on the n-th price plan, in turn.

    `account` and `service` are words with the customer's number. `in_order`: each service's events
    come in their order, since what they are charged goes by it; so none is late, and none
    waits for its account.
    """

    catalog: str
    currency: str
    time_zones: tuple[str, ...]
    account: str
    service: str
    price_plans: tuple[str, ...]
    render: Render
    in_order: bool = False


_CLOUDEVENT = (
    b'{"specversion":"1.0","id":"%s","source":"%s","type":"%s","subject":"%s","time":"%s",'
    b'"datacontenttype":"application/json","data":%s}'
)


def cloudevent(moment: Moment, source: bytes, kind: bytes, body: bytes) -> bytes:
    """A CloudEvent in structured mode."""
    return _CLOUDEVENT % (moment.event_id, source, kind, moment.service, moment.time, body)
