"""The refusal of a record whose partner is not in the catalog."""

from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating


def no_partner(rating: Rating, name: str) -> Reject:
    """Suspends the record until a catalog has the partner."""
    record = rating.record
    return Reject(
        RejectReason.NO_PRICE,
        f"partner {name} who gets a share is not in the catalog",
        lacks=f"price:{record.tenant}:{rating.plan.id}:{record.usage_type}",
    )
