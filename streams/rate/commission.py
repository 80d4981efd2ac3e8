"""The commission plans of a catalog, with the partners that they are for."""

from collections.abc import Iterator

from streams.model.catalog import Catalog
from streams.model.commission import CommissionPlan
from streams.model.partner import Partner
from streams.rate.exchange import Exchange


class Commissions:
    """What a catalog says of partners' totals, found by name."""

    __slots__ = ("exchange", "partners", "plans", "ranks")

    def __init__(self, catalog: Catalog) -> None:
        self.plans: dict[str, CommissionPlan] = {each.id: each for each in catalog.commission_plans}
        self.partners: dict[str, Partner] = {each.id: each for each in catalog.partners}
        self.exchange = Exchange(catalog.exchange_rates, catalog.currencies)
        self.ranks = any(plan.levels for plan in catalog.commission_plans) or any(
            partner.tier for partner in catalog.partners
        )
        """True where partners have tiers."""


def upwards(partner: Partner, partners: dict[str, Partner]) -> Iterator[Partner]:
    """The partner and those above him, the nearest first."""
    above: Partner | None = partner
    while above is not None:
        yield above
        above = partners.get(above.of)
