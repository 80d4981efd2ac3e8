"""What a service is sold under, compiled: offers by usage type, grants, rounding, thresholds."""

from dataclasses import dataclass
from decimal import Decimal

from streams.model.catalog import OverrunPolicy
from streams.model.instant import Instant
from streams.model.money import Currency, Quantity
from streams.rate.offer import CompiledOffer


@dataclass(frozen=True, slots=True)
class CompiledPricePlan:
    """A price plan, ready to charge by. `offers` hold the newest of a usage type first.

    `quantum` is one minor unit of the currency, `nothing` is zero of them, and `rounding` the
    decimal module's mode.
    """

    id: str
    currency: Currency
    quantum: Decimal
    nothing: Decimal
    rounding: str
    overrun: OverrunPolicy
    grants: tuple[tuple[str, Quantity], ...]
    offers: dict[str, tuple[CompiledOffer, ...]]

    def offer_at(self, usage_type: str, instant: Instant) -> CompiledOffer | None:
        """The offer of the usage type in force at an instant."""
        for offer in self.offers.get(usage_type, ()):
            if offer.start <= instant:
                return offer if instant < offer.end else None
        return None
