"""Prices agreed with an account before those of its plan's offer: the offer compiled with both.

Where no agreed price holds for a unit, the offer's own does; all else of the offer (zones, bands,
measures, impacts) stays as it is.
"""

from typing import Final

from msgspec.structs import replace

from streams.model.account_prices import PriceList
from streams.model.instant import Instant, datetime_of
from streams.rate.best_offer import BestOffer
from streams.rate.offer import CompiledOffer
from streams.rate.payer import Payer

_KEPT: Final = 1024
"""Offers that are kept compiled: each is as large as the offer and its list together."""

_Key = tuple[CompiledOffer, str, str, Instant]
"""The plan's offer, the account, the subscription that the list is for, its start."""


class AccountOffers:
    """Offers with agreed prices, compiled once for each account and content."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[_Key, tuple[PriceList, CompiledOffer]] = {}

    def offer_for(self, offer: CompiledOffer, payer: Payer, instant: Instant) -> CompiledOffer:
        """The offer as it is for this payer at an instant; itself where nothing was agreed."""
        if isinstance(offer, BestOffer):
            return offer.with_each(lambda each: self.offer_for(each, payer, instant))
        terms = offer.terms
        found = payer.prices and payer.prices.list_at(
            terms.plan.id, terms.offer.usage_type, payer.assignment.subscription, instant
        )
        if not found or not found.prices:
            return offer
        account = payer.account.account
        key = (offer, account, found.subscription, found.start)
        kept = self._kept.get(key)
        if kept is None or kept[0] is not found:
            if kept is None and len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            # A list that was read from disk anew may still say what it said.
            same = kept is not None and kept[0] == found
            compiled = kept[1] if kept and same else _compile(offer, found, account)
            kept = self._kept[key] = (found, compiled)
        return kept[1]


def _compile(offer: CompiledOffer, agreed: PriceList, account: str) -> CompiledOffer:
    terms = offer.terms
    since = datetime_of(agreed.start).strftime("%Y-%m-%d")
    own = replace(terms.offer, prices=(*agreed.prices, *terms.offer.prices))
    return CompiledOffer(
        replace(
            terms,
            offer=own,
            agreed=len(agreed.prices),
            agreed_source=f"account:{account}/{agreed.usage_type}@{since}",
        )
    )
