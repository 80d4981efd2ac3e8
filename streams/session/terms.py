"""The terms of a grant, by the catalog that rated it: what its caller is told beside the units."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from msgspec.structs import replace

from streams.model.charging_session import ServiceAnswer, ServiceRequest
from streams.model.instant import FOREVER, Instant
from streams.model.money import CONTEXT, Quantity
from streams.model.session_policy import SessionPolicy, narrowed
from streams.rate.offer import CompiledOffer
from streams.rate.plan import Plan
from streams.rate.quantity import exact
from streams.session.probe import Probe

_HUNDRED: Final = Decimal(100)


def policy_of(
    found: Probe, asked: ServiceRequest, at: Instant, plans: Mapping[str, Plan]
) -> SessionPolicy | None:
    """What the offer, its price plan or the usage type says of sessions; None: nothing."""
    plan = plans.get(found.version)
    if plan is None or not plan.has_session_policies:
        return None
    usual = plan.session_policies.get(asked.usage_type)
    sold = plan.price_plans.get(found.price_plan)
    if sold is None:
        return usual
    offer = sold.offer_at(asked.usage_type, at)
    if offer is None:
        return narrowed(sold.terms.sessions, usual)
    terms = offer.terms
    return narrowed(terms.offer.sessions, terms.plan.sessions, usual)


def offer_of(
    found: Probe, asked: ServiceRequest, at: Instant, plans: Mapping[str, Plan]
) -> CompiledOffer | None:
    """The offer that rated it; None where it was several, or none."""
    plan = plans.get(found.version)
    sold = None if plan is None else plan.price_plans.get(found.price_plan)
    return None if sold is None else sold.offer_at(asked.usage_type, at)


def with_terms(answer: ServiceAnswer, policy: SessionPolicy | None) -> ServiceAnswer:
    """The answer with when to ask again, and what to do after a grant that is the last."""
    if policy is None:
        return answer
    told = answer
    if policy.final_unit is not None and answer.is_final:
        told = replace(told, final_unit=policy.final_unit)
    if answer.granted and not answer.is_final:
        told = replace(told, ask_again_before=policy.ask_again_before)
        if policy.ask_again_percent:
            left = _share(answer.granted[-1].quantity, policy.ask_again_percent)
            told = replace(told, ask_again_at=left)
    return told


def covered_until(found: Probe, at: Instant) -> Instant:
    """When the first of the buckets that cover it is over; those of a period that is over already,
    but not closed, cover what began in it."""
    ends = (taken.bucket.end for taken in found.taken if taken.bucket.end > at)
    return min(ends, default=FOREVER)


def _share(quantity: Quantity, percent: Decimal) -> Quantity:
    """So much of a hundred of it; of whole quantities the next whole one."""
    share = CONTEXT.divide(CONTEXT.multiply(Decimal(quantity), percent), _HUNDRED)
    if isinstance(quantity, int):
        return int(share.to_integral_value(ROUND_CEILING))
    return exact(share)
