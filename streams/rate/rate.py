"""Rate one guided record: the price plan's offer, then the rules in their order."""

from streams.model.instant import format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.rate.guide import Guided
from streams.rate.offer import CompiledOffer
from streams.rate.plan import Plan
from streams.rate.price_plan import CompiledPricePlan
from streams.rate.rating import Rating
from streams.rate.rules import RULES, RULES_OF_PLAIN

Sold = tuple[CompiledPricePlan, CompiledOffer]


def find_offer(record: UsageRecord, guided: Guided, plan: Plan) -> Sold | Reject:
    """The price plan of the assignment and its offer in force."""
    account, assignment = guided.account, guided.assignment
    price_plan = plan.price_plans.get(assignment.price_plan)
    if price_plan is None:
        return Reject(
            RejectReason.UNKNOWN_PRICE_PLAN,
            f"price plan {assignment.price_plan} is not in catalog {plan.version}",
            lacks=f"price:{record.tenant}:{assignment.price_plan}:{record.usage_type}",
        )
    offer = price_plan.offer_at(record.usage_type, record.occurred_at)
    if offer is None:
        return Reject(
            RejectReason.NO_PRICE,
            f"price plan {price_plan.id} has no offer for {record.usage_type}"
            f" at {format_instant(record.occurred_at)}",
            lacks=f"price:{record.tenant}:{price_plan.id}:{record.usage_type}",
        )
    if account.currency != price_plan.currency:
        return Reject(
            RejectReason.UNKNOWN_CURRENCY,
            f"account {account.account} is in {account.currency},"
            f" price plan {price_plan.id} in {price_plan.currency}",
            lacks=f"account:{record.tenant}:{account.account}",
        )
    return price_plan, offer


def rate_usage(rating: Rating) -> Reject | None:
    """Apply the rules that the offer can need; the first that refuses ends it."""
    offer = rating.offer
    rules = RULES if offer.allowances or offer.zones is not None else RULES_OF_PLAIN
    for rule in rules:
        refusal = rule(rating)
        if refusal is not None:
            return refusal
    return None
