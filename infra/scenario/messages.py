"""Usage of a scenario as source messages, and the source platforms that read them.

Each usage type of the catalog gets a platform of its own, so that a record of a scenario goes the
whole way that any record goes, in the core and in a running system alike.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from connectors.catalog.resolution.dates import instant_at
from infra.scenario.step_form import UsageForm
from streams.model.catalog import Catalog, UsageType
from streams.model.instant import Instant
from streams.model.mediation import FieldMapping, Match, QuantityField, SourcePlatform
from topologies.runner import SourceMessage

TOPIC: Final = "usage"
_SOURCE: Final = "scenario"
_WINDOW_DAYS: Final = 35


def instant(text: str) -> Instant:
    """The instant of a scenario's time. Raises ValueError for a day that does not exist."""
    found = instant_at(text)
    if found is None:
        raise ValueError(f"{text!r} is no date")
    return found


def with_platforms(catalog: Catalog, *, window_days: int = _WINDOW_DAYS) -> Catalog:
    """The catalog with a platform for each of its usage types beside its own."""
    own = tuple(_platform(catalog.tenant, each, window_days) for each in catalog.usage_types)
    return replace(catalog, source_platforms=(*catalog.source_platforms, *own))


def message_of(usage: UsageForm, *, catalog: Catalog, offset: int) -> SourceMessage:
    """The message that says what a `usage` step says; units that it does not name are 0."""
    until = usage.until or usage.at
    known = next((each.units for each in catalog.usage_types if each.id == usage.usage_type), ())
    units = dict.fromkeys(known, Decimal(0)) | usage.units
    event = {
        "specversion": "1.0",
        "id": usage.id,
        "source": _SOURCE,
        "type": _event_type(catalog.tenant, usage.usage_type),
        "subject": usage.service,
        "time": _timestamp(usage.at),
        "data": {
            "until": _timestamp(until),
            "units": {name: msgspec.Raw(str(value).encode()) for name, value in units.items()},
            "attributes": usage.attributes,
        },
    }
    return SourceMessage(offset, instant(until), None, msgspec.json.encode(event))


def _timestamp(text: str) -> str:
    return datetime.fromisoformat(text).isoformat() if "T" in text else f"{text}T00:00:00Z"


def _event_type(tenant: str, usage_type: str) -> str:
    return f"{tenant}.{usage_type}"


def _platform(tenant: str, usage_type: UsageType, window_days: int) -> SourcePlatform:
    return SourcePlatform(
        id=f"scenario-{usage_type.id}",
        topic=TOPIC,
        format="cloudevents",
        match=Match(type=_event_type(tenant, usage_type.id)),
        dedupe_window_days=window_days,
        mapping=FieldMapping(
            usage_type=usage_type.id,
            service_id="subject",
            occurred_at="time",
            ended_at="data.until",
            quantities=tuple(
                QuantityField(unit=unit, field=f'data.units["{unit}"]') for unit in usage_type.units
            ),
            attributes={name: f'data.attributes["{name}"]' for name in usage_type.attributes},
        ),
    )
