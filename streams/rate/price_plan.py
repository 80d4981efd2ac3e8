"""What a service is sold under, compiled: its terms, and its offers by usage type."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.model.commitment import COMMITMENT
from streams.model.grant import PLAN_GRANT
from streams.model.instant import Instant
from streams.rate.fee import CompiledFee
from streams.rate.grant import PlanGrant
from streams.rate.offer import CompiledOffer
from streams.rate.settlement import Settlement
from streams.rate.terms import PlanTerms


@dataclass(frozen=True, slots=True)
class CompiledPricePlan:
    """A price plan, ready to charge by. `offers` hold the newest of a usage type first.

    `fees` are by their id, what is settled by its name. A commitment's begins with `COMMITMENT`:
    it runs while services are assigned under the plan.
    """

    terms: PlanTerms
    offers: dict[str, tuple[CompiledOffer, ...]]
    fees: dict[str, CompiledFee]
    settlements: dict[str, Settlement]

    @property
    def running(self) -> Iterator[str]:
        """What runs on with an assignment, used or not: fees, commitments, grants."""
        yield from self.fees
        yield from (name for name in self.settlements if name.startswith(COMMITMENT))
        for grant in self.terms.grants:
            if grant.opens == "period":
                yield f"{PLAN_GRANT}{grant.allowance}"

    def grant_named(self, name: str) -> PlanGrant | None:
        """The grant that runs under this name; None where there is none, or not any more."""
        for grant in self.terms.grants:
            if grant.opens == "period" and name == f"{PLAN_GRANT}{grant.allowance}":
                return grant
        return None

    def offer_at(self, usage_type: str, instant: Instant) -> CompiledOffer | None:
        """The offer of the usage type in force at an instant."""
        return dated_offer(self.offers.get(usage_type, ()), instant)


def dated_offer(offers: tuple[CompiledOffer, ...], instant: Instant) -> CompiledOffer | None:
    """The one of these offers that is in force at an instant; they stand newest first."""
    for offer in offers:
        if offer.start <= instant:
            return offer if instant < offer.end else None
    return None
