"""The zone of the record, where its offer has a zone unit."""

from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating


def find_zone(rating: Rating) -> Reject | None:
    """Set `rating.zone` by the longest prefix of the zone unit's attribute."""
    zones = rating.offer.zones
    if zones is None:
        return None
    record = rating.record
    value = record.attributes.get(zones.attribute, "")
    rating.zone = zones.zone_of(value)
    if rating.zone:
        return None
    return Reject(
        RejectReason.NO_ZONE,
        f"{zones.attribute} {value!r} has no zone in {zones.id}",
        field=zones.attribute,
        lacks=f"price:{record.tenant}:{rating.plan.id}:{record.usage_type}",
    )
