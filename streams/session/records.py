"""The records that sessions are rated by: one for each service, from when it began."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from streams.due.made import make_record
from streams.model.charging_session import ChargingRequest, HeldService
from streams.model.instant import Instant, Period
from streams.model.money import CONTEXT, Quantity, added
from streams.model.usage import Usage, UsageRecord

LASTING: Final = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000}
"""Units that are time themselves, in microseconds: usage of them lasts as long as it says."""


def record_of(
    service: HeldService, usages: tuple[Usage, ...], request: ChargingRequest
) -> UsageRecord:
    """The record of a service that has used so much since it began."""
    start = service.opened_at
    return make_record(
        service.usage_type,
        tenant=request.tenant,
        root=request.root,
        event_id=f"{request.session}/{service.group}/{service.number}",
        span=Period(start, start + _lasted(usages)),
        service_id=request.service_id,
        usages=usages,
        attributes=service.attributes,
    )


def together(*parts: Iterable[Usage]) -> tuple[Usage, ...]:
    """Quantities by unit, each unit once, in the order they first come."""
    sums: dict[str, Quantity] = {}
    for usages in parts:
        for usage in usages:
            sums[usage.unit] = added(sums.get(usage.unit, 0), usage.quantity)
    return tuple([Usage(unit, quantity) for unit, quantity in sums.items()])


def _lasted(usages: tuple[Usage, ...]) -> Instant:
    """How long the longest of its units of time took."""
    lasting = [
        int(CONTEXT.multiply(Decimal(usage.quantity), Decimal(LASTING[usage.unit])))
        for usage in usages
        if usage.unit in LASTING
    ]
    return max(lasting) if lasting else 0
