"""What a catalog says of money beyond its prices, found by name and put in order."""

from collections.abc import Mapping

from msgspec import Struct

from streams.model.catalog import Catalog
from streams.model.commission import CommissionPlan
from streams.model.discount import Discount
from streams.model.loyalty import LoyaltyRule
from streams.model.partner import Partner, RevenueShare
from streams.model.shared_cap import SharedCap
from streams.model.tax import Tax
from streams.model.threshold import Threshold
from streams.rate.exchange import Exchange
from streams.rate.levels import Level, cap_levels


class MoneyTerms(Struct, frozen=True):
    """Discounts in the order in which they are given; all else as the catalog lists it.

    `thresholds` are those that a record counts for as it is rated: on spend, and on entries.
    `converted` are points that become something as soon as enough of them are there. `cap_levels`
    are those on shared caps, by the cap.
    """

    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    partners: dict[str, Partner] = {}
    shares: tuple[RevenueShare, ...] = ()
    loyalty: tuple[LoyaltyRule, ...] = ()
    exchange: Exchange = Exchange()
    commission_plans: tuple[CommissionPlan, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    converted: frozenset[str] = frozenset()
    shared_caps: tuple[SharedCap, ...] = ()
    cap_levels: Mapping[str, tuple[Level, ...]] = {}


def money_terms(catalog: Catalog) -> MoneyTerms:
    """The terms of a catalog. Discounts of the same order stand as the catalog lists them."""
    return MoneyTerms(
        tuple(sorted(catalog.discounts, key=lambda each: each.order)),
        catalog.taxes,
        {partner.id: partner for partner in catalog.partners},
        catalog.revenue_shares,
        catalog.loyalty_rules,
        Exchange(catalog.exchange_rates, catalog.currencies),
        catalog.commission_plans,
        tuple(each for each in catalog.thresholds if each.on in ("spend", "entry")),
        frozenset(each.source for each in catalog.conversions if each.automatic),
        catalog.shared_caps,
        cap_levels(catalog),
    )
