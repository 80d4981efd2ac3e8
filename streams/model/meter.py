"""What a meter showed last: the state of one register of one service."""

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import Quantity


class MeterState(Struct, frozen=True, array_like=True, gc=False):
    """The last reading: what it showed, when, on which meter, and where it came from.

    `topic_id`, `partition`, `offset` and `index` are the source position of its record.
    """

    reading: Quantity
    read_at: Instant
    meter: str
    topic_id: str
    partition: int
    offset: int
    index: int


def meter_key(tenant: str, root: str, service_id: str, register: str) -> bytes:
    """The key of a register's state: a service that moves to another root begins anew there."""
    return f"{tenant}\0{root}\0{service_id}\0{register}".encode()
