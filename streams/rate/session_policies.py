"""Whether a catalog says anything of charging sessions: where not, nobody looks for it."""

from streams.model.catalog import Catalog


def has_session_policies(catalog: Catalog) -> bool:
    """True where a usage type, a price plan or an offer has terms of sessions."""
    plans = catalog.price_plans
    return (
        any(each.sessions is not None for each in catalog.usage_types)
        or any(each.sessions is not None for each in plans)
        or any(offer.sessions is not None for plan in plans for offer in plan.offers)
    )
