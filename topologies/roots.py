"""Under which root services live, as one store says: asked for every request of the online door."""

from typing import Final

from streams.rate.guide import root_served
from topologies.state import Store

_KEPT: Final = 65_536


class Roots:
    """The roots of one store's services, by way of its last answers.

    These hold while the store tells that nothing about who pays has changed: services and their
    ranges are among that.
    """

    __slots__ = ("_known", "_paying", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._paying: object = None
        self._known: dict[tuple[str, str], str] = {}

    def of(self, tenant: str, service_id: str) -> str:
        """The root of a service; empty where it does not live here."""
        paying, place = self._store.paying(), (tenant, service_id)
        if paying is not self._paying or len(self._known) >= _KEPT:
            self._paying = paying
            self._known.clear()
        root = self._known.get(place)
        if root is None:
            root = self._known[place] = root_served(tenant, service_id, self._store)
        return root
