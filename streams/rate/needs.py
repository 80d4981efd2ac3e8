"""What an account must have used elsewhere before a discount counts: bundles across products."""

from streams.model.discount import Discount
from streams.rate.eligibility import Applies, total_before
from streams.rate.rating import Rating


def compile_needs(discount: Discount) -> Applies:
    """Whether the account's totals before the record are at least what the discount needs."""
    needs = discount.needs

    def are_met(rating: Rating) -> bool:
        return all(total_before(need.accumulator, rating) >= need.at_least for need in needs)

    return are_met
