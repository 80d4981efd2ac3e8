"""What a network function sends and gets, by the names of TS 32.291. What we don't read stays away.

Seconds are bounded by 32 bits as in TS 29.571, volumes and pieces by what a quantity may be, 10^18.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from connectors.errors import Refused
from connectors.trade.terms import Asked, Counts, Fact, completed, summed
from streams.model.rating_group import CountName

Uint32 = Annotated[int, Meta(ge=0, lt=2**32)]
Uint64 = Annotated[int, Meta(ge=0, lt=10**18)]
Text = Annotated[str, Meta(max_length=512)]
Stamp = Annotated[datetime, Meta(tz=True)]
SOURCE_DEPTH_MAX: Final = 8


class Units(Struct, frozen=True, rename="camel"):
    """Units that are requested, used or granted."""

    time: Uint32 | None = None
    total_volume: Uint64 | None = None
    uplink_volume: Uint64 | None = None
    downlink_volume: Uint64 | None = None
    service_specific_units: Uint64 | None = None

    def counts(self) -> Counts:
        """What is told of them."""
        told = ((name, getattr(self, field)) for name, field in _FIELDS.items())
        return completed({name: Decimal(value) for name, value in told if value is not None})


_FIELDS: Final[dict[CountName, str]] = {
    "time": "time",
    "total_volume": "total_volume",
    "input_volume": "uplink_volume",
    "output_volume": "downlink_volume",
    "service_units": "service_specific_units",
}
TOLD: Final[dict[CountName, str]] = {
    "time": "time",
    "total_volume": "totalVolume",
    "input_volume": "uplinkVolume",
    "output_volume": "downlinkVolume",
    "service_units": "serviceSpecificUnits",
}
"""The name of each count in an answer."""


class Trigger(Struct, frozen=True, rename="camel"):
    """Why a part was closed."""

    trigger_type: Text


class UsedUnitContainer(Units, frozen=True, rename="camel", kw_only=True):
    """A part of what was used; several of a rating group add up."""

    local_sequence_number: int
    triggers: Annotated[tuple[Trigger, ...], Meta(max_length=64)] = ()

    @property
    def ends_a_tariff(self) -> bool:
        """True where it was closed because the tariff changes."""
        return any(each.trigger_type == "TARIFF_TIME_CHANGE" for each in self.triggers)


class MultipleUnitUsage(Struct, frozen=True, rename="camel"):
    """What is asked for and was used of one rating group."""

    rating_group: Uint32
    requested_unit: Units | None = None
    used_unit_container: Annotated[tuple[UsedUnitContainer, ...], Meta(max_length=256)] = ()

    def asked(self) -> Asked:
        """The same, as dialogues have it: parts after one that ends a tariff are of the next."""
        before: Counts = {}
        after: Counts = {}
        is_after = False
        for part in sorted(self.used_unit_container, key=_number):
            if is_after:
                after = summed(after, part.counts())
            else:
                before = summed(before, part.counts())
            is_after = is_after or part.ends_a_tariff
        requested = None if self.requested_unit is None else self.requested_unit.counts()
        return Asked(self.rating_group, requested, before, after)


def _number(container: UsedUnitContainer) -> int:
    return container.local_sequence_number


class NFIdentification(Struct, frozen=True, rename="camel"):
    """Who asks."""

    node_functionality: Text


class ChargingDataRequest(Struct, frozen=True, rename="camel", kw_only=True):
    """A request to create, update or release charging data."""

    nf_consumer_identification: NFIdentification
    invocation_time_stamp: Stamp
    invocation_sequence_number: Uint32
    subscriber_identifier: Text = ""
    tenant_identifier: Text = ""
    retransmission_indicator: bool = False
    one_time_event: bool = False
    one_time_event_type: Text = ""
    notify_uri: Text = ""
    multiple_unit_usage: Annotated[tuple[MultipleUnitUsage, ...], Meta(max_length=32)] = ()


class Read(Struct, frozen=True):
    """A request, and the whole document that it came as."""

    request: ChargingDataRequest
    document: dict[str, Any]

    @property
    def fact(self) -> Fact:
        """What the document tells at a path of names."""
        return lambda source: _at(self.document, source)

    @property
    def content(self) -> bytes:
        """What is the same when it is sent again."""
        said = {k: v for k, v in self.document.items() if k != "retransmissionIndicator"}
        return msgspec.json.encode(said, order="deterministic")


_document = msgspec.json.Decoder(dict[str, Any]).decode


def read(body: bytes) -> Read:
    """The request of a body. Raises Refused, with the field and the value seen."""
    try:
        document = _document(body)
        return Read(msgspec.convert(document, ChargingDataRequest), document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused(str(error)) from error


def _at(document: dict[str, Any], source: str) -> str:
    found: Any = document
    for name in source.split(".", SOURCE_DEPTH_MAX):
        if not isinstance(found, dict) or name not in found:
            return ""
        found = found[name]
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found)[:256] if isinstance(found, str | int) else ""
