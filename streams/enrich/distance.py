"""Distance: between the positions at both ends of a usage, worked out once.

The distance becomes part of the record, so that whoever rates the record again reads it there and
works nothing out. It is in kilometres, rounded to the metre.
"""

from collections.abc import Callable
from decimal import Decimal

from streams.model.event import UsageEvent
from streams.model.mediation import DistanceRule
from streams.model.usage import Usage
from streams.outcome import Reject, RejectReason
from streams.plain.values import shown
from streams.position import Position, position_of

MeasureDistance = Callable[[Position, Position], Decimal]
"""Kilometres between two positions along the ellipsoid; given from outside, as it needs floats."""

METRE = Decimal("0.001")


def compile_distance(
    rule: DistanceRule, measure: MeasureDistance
) -> Callable[[UsageEvent], Reject | None]:
    """The enricher of a distance rule."""
    origin, destination = rule.origin, rule.destination
    keep, into_unit = rule.missing == "keep", rule.unit

    def refuse(event: UsageEvent, fields: tuple[str, ...]) -> Reject | None:
        if keep:
            return None
        seen = ",".join(event.attributes.get(field, "") for field in fields)
        detail = f"{' and '.join(fields)} is {shown(seen)}, expected latitude,longitude in degrees"
        return Reject(RejectReason.RULE_FAILED, detail, fields[0])

    def measure_distance(event: UsageEvent) -> Reject | None:
        start = _position(event, origin)
        if start is None:
            return refuse(event, origin)
        end = _position(event, destination)
        if end is None:
            return refuse(event, destination)
        distance = measure(start, end).quantize(METRE)
        if into_unit:
            event.usages = (*event.usages, Usage(into_unit, distance))
        else:
            event.attributes[rule.attribute] = str(distance)
        return None

    return measure_distance


def _position(event: UsageEvent, fields: tuple[str, ...]) -> Position | None:
    return position_of(",".join([event.attributes.get(field, "") for field in fields]))
