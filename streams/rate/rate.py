"""Rate one guided record: the price plan's offer, then the rules in their order."""

from streams.model.instant import format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.rate.guide import Guided
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.rate.rules import RULES


def begin_rating(record: UsageRecord, guided: Guided, plan: Plan) -> Rating | Reject:
    """The record with its account, price plan and the offer in force, ready for the rules."""
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
    return Rating(record, account=account, assignment=assignment, plan=price_plan, offer=offer)


def rate_usage(rating: Rating) -> Reject | None:
    """Apply the rules; the first that refuses ends it."""
    for rule in RULES:
        refusal = rule(rating)
        if refusal is not None:
            return refusal
    return None
