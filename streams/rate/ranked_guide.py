"""Who pays, where partners have tiers: accounts know that of their partner."""

from typing import Final

from msgspec.structs import replace

from streams.model.usage import UsageRecord
from streams.outcome import Reject
from streams.rate.guide import Elsewhere, Guide
from streams.rate.partner_tier import partner_of, plain_with_tier, tier_at, with_tier
from streams.rate.payer import Payer
from streams.rate.plan import Plan
from streams.state import State

_KEPT: Final = 65_536


class RankedGuide(Guide):
    """Finds payers, and the tiers of their partners."""

    __slots__ = ("_ranked",)

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._ranked: dict[tuple[bytes, str], tuple[Payer, Payer]] = {}

    def payer_of(
        self, record: UsageRecord, state: State, paying: object = None
    ) -> Payer | Elsewhere | Reject:
        """The payer at the event's time, by way of the last one with the same tier."""
        payer = super().payer_of(record, state, paying)
        if not isinstance(payer, Payer):
            return payer
        partner = partner_of(payer.account, self.plan.commissions)
        if partner is None:
            return payer
        tier = tier_at(partner, record.tenant, record.occurred_at, state)
        known = self._ranked.get((payer.key, tier))
        if known is not None and known[0] is payer:
            return known[1]
        account = with_tier(payer.account, tier)
        found = replace(payer, account=account, plain=plain_with_tier(payer.plain, tier))
        if len(self._ranked) >= _KEPT:
            self._ranked.clear()
        self._ranked[payer.key, tier] = (payer, found)
        return found


def new_guide(plan: Plan) -> Guide:
    """The guide of a plan: where no partner has a tier, none is looked for."""
    return RankedGuide(plan) if plan.commissions.ranks else Guide(plan)
