"""Which offer a guided record is rated by: that of its price plan, with what was agreed."""

from streams.model.instant import format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.rate.offer import CompiledOffer
from streams.rate.payer import Payer
from streams.rate.plan import Plan


def find_offer(record: UsageRecord, payer: Payer, plan: Plan) -> CompiledOffer | Reject:
    """The offer in force of the payer's price plan, with what was agreed with its account."""
    price_plan = plan.price_plans.get(payer.price_plan)
    if price_plan is None:
        return Reject(
            RejectReason.UNKNOWN_PRICE_PLAN,
            f"price plan {payer.price_plan} is not in catalog {plan.version}",
            lacks=f"price:{record.tenant}:{payer.price_plan}:{record.usage_type}",
        )
    terms = price_plan.terms
    offer = price_plan.offer_at(record.usage_type, record.occurred_at)
    if offer is None:
        return Reject(
            RejectReason.NO_PRICE,
            f"price plan {terms.id} has no offer for {record.usage_type}"
            f" at {format_instant(record.occurred_at)}",
            lacks=f"price:{record.tenant}:{terms.id}:{record.usage_type}",
        )
    if payer.currency != terms.currency:
        account = payer.account.account
        return Reject(
            RejectReason.UNKNOWN_CURRENCY,
            f"account {account} is in {payer.currency}, price plan {terms.id} in {terms.currency}",
            lacks=f"account:{record.tenant}:{account}",
        )
    if payer.prices is None:
        return offer
    return plan.account_offers.offer_for(offer, payer, record.occurred_at)
