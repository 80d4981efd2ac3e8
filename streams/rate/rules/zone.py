"""The zone of the record, where its offer has a zone unit."""

from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms


def compile_zone(terms: OfferTerms) -> Rule | None:
    """Set `rating.zone` by the most specific row of the zone unit."""
    zones = terms.zones
    if zones is None:
        return None
    zone_for, why_none, attribute = zones.zone_for, zones.why_none, zones.attribute

    def find_zone(rating: Rating) -> Reject | None:
        record = rating.record
        rating.zone = zone_for(record)
        if rating.zone:
            return None
        return Reject(
            RejectReason.NO_ZONE,
            why_none(record),
            field=attribute,
            lacks=f"price:{record.tenant}:{rating.plan.id}:{record.usage_type}",
        )

    return find_zone
