"""Which catalog version a record is charged by: the one in force at its time."""

from streams.memory import MemoryState
from streams.model.catalog import Catalog, CurrencyRule
from streams.model.usage import UsageRecord
from streams.rate.guides import Guides
from streams.rate.plan import Plan, compile_catalog
from streams.state import CatalogMarks, Table


class Watched(MemoryState):
    """A state that tells of changes."""

    __slots__ = ("told",)

    def paying(self) -> object:
        return self.told


def plan(tenant: str) -> Plan:
    return compile_catalog(
        Catalog(
            tenant=tenant,
            currencies=(CurrencyRule(code="EUR", digits=2, rounding="half_up"),),
            usage_types=(),
            price_plans=(),
        )
    )


PLANS = {"old": plan("t"), "new": plan("t"), "newest": plan("t"), "other": plan("u")}


def version_at(guides: Guides, state: Watched, at: int, tenant: str = "t") -> str:
    record = UsageRecord(b"", tenant, "s", "e", 0, 0, 0, "x", "key", "one", at, at, (), {})
    guide = guides.guide_of(record, state)
    return next((name for name in PLANS if guide and guide.plan is PLANS[name]), "none")


def test_the_version_in_force_at_the_time_of_the_record() -> None:
    state, guides = Watched(), Guides(PLANS)
    state.told = object()
    guides.begin(state)
    assert version_at(guides, state, 100) == "none"
    state.put(Table.CATALOGS, b"t", CatalogMarks(((100, "old"), (200, "new"))))
    state.put(Table.CATALOGS, b"u", CatalogMarks(((150, "other"),)))
    found = [version_at(guides, state, at) for at in (99, 100, 199, 200, 300, 100)]
    assert found == ["none", "old", "old", "new", "new", "old"]
    assert [version_at(guides, state, at, "u") for at in (149, 150)] == ["none", "other"]


def test_a_new_version_counts_from_the_next_command() -> None:
    state, guides = Watched(), Guides(PLANS)
    state.told = object()
    guides.begin(state)
    assert guides.paying is state.told
    state.put(Table.CATALOGS, b"t", CatalogMarks(((100, "old"),)))
    assert version_at(guides, state, 200) == "old"
    state.put(Table.CATALOGS, b"t", CatalogMarks(((100, "old"), (200, "newest"))))
    state.told = object()
    guides.begin(state)
    assert guides.paying is state.told
    assert [version_at(guides, state, at) for at in (199, 200)] == ["old", "newest"]


def test_a_guide_is_made_once_for_its_version() -> None:
    state, guides = Watched(), Guides(PLANS)
    state.told = object()
    state.put(Table.CATALOGS, b"t", CatalogMarks(((100, "old"), (200, "new"))))
    record = UsageRecord(b"", "t", "s", "e", 0, 0, 0, "x", "key", "one", 100, 100, (), {})
    guides.begin(state)
    first = guides.guide_of(record, state)
    guides.begin(state)
    assert guides.guide_of(record, state) is first
