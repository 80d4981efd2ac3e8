"""The guides of all tenants: which catalog version is in force when."""

from collections.abc import Mapping
from typing import Final

from streams.model.instant import Instant
from streams.model.usage import UsageRecord
from streams.rate.guide import Guide
from streams.rate.plan import Plan
from streams.rate.spanning import SpanningGuide, guide_for
from streams.state import CatalogMarks, State, Table

_CATALOGS: Final = Table.CATALOGS


AnyGuide = Guide | SpanningGuide


class Guides:
    """Finds the guide of each record. `paying` is what the state tells of changes."""

    __slots__ = ("_guides", "_newest", "_plans", "paying")

    def __init__(self, plans: Mapping[str, Plan]) -> None:
        self.paying: object = None
        self._plans = plans
        self._guides: dict[tuple[str, str], AnyGuide] = {}
        self._newest: dict[str, tuple[CatalogMarks, Instant, AnyGuide]] = {}

    def begin(self, state: State) -> None:
        """Note what is the same for all records up to the next command."""
        self.paying = state.paying()
        self._newest.clear()

    def guide_of(self, record: UsageRecord, state: State) -> AnyGuide | None:
        """The guide of the catalog in force at the event's time; by way of the newest one."""
        tenant, at = record.tenant, record.occurred_at
        newest = self._newest.get(tenant)
        if newest is None:
            marks: CatalogMarks | None = state.get(_CATALOGS, tenant.encode())
            if marks is None:
                return None
            start, version = marks.marks[-1]
            newest = self._newest[tenant] = (marks, start, self._guide(tenant, version))
        marks, start, guide = newest
        if start <= at:
            return guide
        earlier = marks.at(at)
        return None if earlier is None else self._guide(tenant, earlier)

    def _guide(self, tenant: str, version: str) -> AnyGuide:
        guide = self._guides.get((tenant, version))
        if guide is None:
            guide = self._guides[tenant, version] = guide_for(self._plans[version])
        return guide
