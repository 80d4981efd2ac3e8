"""A world in memory for measurements without a broker: catalogs, accounts, a state of dicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from infra.load.population import commands_of, population
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Service
from streams.model.catalog import Catalog, version_of
from streams.model.command import ActivateCatalog
from streams.model.instant import BEGINNING, Instant
from streams.rate.plan import Plan
from streams.sources import MediationPlans
from streams.state import CatalogMarks, Effects, Table
from topologies.reject_limit import RejectLimit
from topologies.runner import MediationRunner

CATALOGS = Path(__file__).parents[2] / "catalog"


class MemoryDirectory:
    """The services that mediation looks up, out of a state."""

    position = 0

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        """The services of (tenant, service id), None where there is none."""
        return [
            self._state.get(Table.SERVICES, f"{tenant}\0{service_id}".encode())
            for tenant, service_id in keys
        ]


@dataclass(frozen=True)
class World:
    """Everything that mediation and charging need, one partition."""

    catalogs: tuple[Catalog, ...]
    plans: Mapping[str, Plan]
    charging: Charging
    state: MemoryState
    directory: MemoryDirectory

    def runner(self) -> MediationRunner:
        """A mediation chain over the same catalogs and accounts."""
        marks = {
            catalog.tenant: CatalogMarks(((BEGINNING, version_of(catalog)),))
            for catalog in self.catalogs
        }
        return MediationRunner(
            plans=MediationPlans(
                {version: plan.mediation for version, plan in self.plans.items()}, marks
            ),
            directory=self.directory,
            partitions=1,
            limit=RejectLimit(),
            engine="bench",
        )


def example_catalogs(
    directory: Path = CATALOGS, names: Iterable[str] = ("ai-api", "mobile-operator")
) -> tuple[Catalog, ...]:
    """The example catalogs. Raises Refused with what is wrong in them."""
    return tuple(load_catalog(directory / name) for name in names)


def make_world(*, accounts: int, at: Instant, catalog: str = "") -> World:
    """The example catalogs active from the beginning, and `accounts` customers of each tenant.

    With a `catalog`, that one alone.
    """
    catalogs = example_catalogs(names=(catalog,)) if catalog else example_catalogs()
    plans = {version_of(catalog): compile_plan(catalog) for catalog in catalogs}
    charging = Charging(plans=plans, partitions=1, partition=0)
    state, effects = MemoryState(), Effects()
    for each in catalogs:
        version = version_of(each)
        marker = ActivateCatalog(f"catalog/{version}", each.tenant, version, BEGINNING)
        charging.apply_command(marker, state=state, effects=effects)
    for customer in population(accounts, catalog):
        for command in commands_of(customer, at=at):
            charging.apply_command(command, state=state, effects=effects)
    return World(catalogs, plans, charging, state, MemoryDirectory(state))
