"""The refusal of a record that the price plan has no price for."""

from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating


def no_price(rating: Rating, unit: str, band: str, *, why: str = "") -> Reject:
    """Suspends the record: `why`, or that nothing fits what it says."""
    record = rating.record
    asked = dict(sorted(record.attributes.items()))
    if rating.zone:
        asked["zone"] = rating.zone
    if band:
        asked["band"] = band
    words = ", ".join(f"{word}={value}" for word, value in asked.items())
    detail = f"price plan {rating.plan.id} has no price for {unit} of {record.usage_type} ({words})"
    return Reject(
        RejectReason.NO_PRICE,
        f"{detail}: {why}" if why else detail,
        field=unit,
        lacks=f"price:{record.tenant}:{rating.plan.id}:{record.usage_type}",
    )
