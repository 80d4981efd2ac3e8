"""What leaves a rating: the charge, frozen."""

from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition
from streams.rate.rating import Rating


def rated_usage(rating: Rating, position: SourcePosition, product: str, version: str) -> RatedUsage:
    """The charge that the rating has become."""
    assignment = rating.payer.assignment
    return RatedUsage(
        rating.record,
        position,
        assignment.account,
        assignment.root,
        assignment.subscription,
        rating.plan.id,
        product,
        rating.plan.currency,
        rating.amount,
        rating.zone,
        rating.band,
        tuple(rating.lines),
        tuple(rating.postings),
        tuple(rating.changes),
        version,
        rating.tax,
        rating.cost,
        rating.bill_unit,
    )
