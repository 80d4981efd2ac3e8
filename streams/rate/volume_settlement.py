"""The end of a period of a volume price: what its usage was charged, and what its total costs.

Meanwhile two totals are kept of each price that is settled: what was charged, with what allowances
took back, and for how many units. At the end all of these units cost what the tier says that the
total of the period has reached.
"""

from typing import Final

from msgspec.structs import replace

from streams.model.billing_period import BillingPeriod
from streams.model.days import Share
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.model.tax import TAX_CLASS
from streams.rate.offer import CompiledOffer
from streams.rate.prices.price import Label
from streams.rate.prices.volume import VolumePrice
from streams.rate.rules import SETTLEMENT_RULES
from streams.rate.settled import SettledPrice
from streams.rate.settlement import SETTLEMENT, Settlement, TotalOf
from streams.rate.terms import OfferTerms

_FIRST: Final = 0


class VolumeSettlement(Settlement):
    """Takes back what was charged, and charges what the total costs."""

    __slots__ = ("_currency", "_price", "_settled")

    def __init__(self, terms: OfferTerms, every: BillingPeriod, settled: SettledPrice) -> None:
        plan = terms.plan.not_waiting
        offer = CompiledOffer(replace(terms, plan=plan), SETTLEMENT_RULES)
        super().__init__(offer, every, usage_type=SETTLEMENT, rank=_FIRST)
        self._currency = plan.currency
        self._settled = settled
        detail = settled.when | ({TAX_CLASS: settled.tax_class} if settled.tax_class else {})
        label = Label(terms.source_of(settled.number), detail, terms.charges_zero)
        self._price = VolumePrice(settled.price, label)

    def lines(self, total_of: TotalOf, share: Share) -> list[ChargeLine]:
        """Two lines; none where all is as it was charged."""
        del share
        settled = self._settled
        charged, billed = CONTEXT.add(ZERO, total_of(settled.charged)), total_of(settled.billed)
        if not charged and not billed:
            return []
        due = self._price.settled(billed, total_of(settled.price.reference))
        if due.amount == charged:
            return []
        back = CONTEXT.minus(charged)
        taken = ChargeLine(SETTLEMENT, due.price, self._currency, 1, back, back, due.detail)
        return [taken, due]
