"""An imported catalog put to use: one account, charged by the core."""

from decimal import Decimal
from pathlib import Path

from connectors.catalog.compile import compile_plan
from connectors.catalog.importers import IMPORTERS, ImportOptions
from connectors.catalog.load import load_catalog
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.command import ActivateCatalog, AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.state import Effects


class Charged:
    """The catalog of a folder with an account that is billed by its price plan."""

    def __init__(self, folder: Path, *, currency: str = "USD") -> None:
        catalog = load_catalog(folder)
        plan = compile_plan(catalog)
        self.tenant = catalog.tenant
        self.usage_type = catalog.usage_types[0].id
        self._core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self._state = MemoryState()
        self._count = 0
        price_plan = catalog.price_plans[0].id
        for command in (
            ActivateCatalog("activate", self.tenant, plan.version, BEGINNING),
            PutAccount("put", self.tenant, "a", "a", "postpaid", currency, "UTC", None),
            AssignService(
                "assign", self.tenant, "k", "a", "a", "1", price_plan, BEGINNING, FOREVER
            ),
        ):
            self._core.apply_command(command, state=self._state, effects=Effects())

    def rate(
        self, at: Instant, units: dict[str, int], seconds: int = 0, **attributes: str
    ) -> RatedUsage:
        """The charge of one record."""
        self._count += 1
        name = str(self._count)
        record = UsageRecord(
            record_id_of(tenant=self.tenant, source="s", event_id=name, part=0),
            self.tenant,
            "s",
            name,
            0,
            self._count,
            0,
            self.usage_type,
            "k",
            "a",
            at,
            at + seconds * 1_000_000,
            tuple(Usage(unit, quantity) for unit, quantity in units.items()),
            attributes,
        )
        effects = Effects()
        position = SourcePosition("t", 0, self._count, 0)
        self._core.charge_record(record, position=position, state=self._state, effects=effects)
        assert effects.rated, effects
        return effects.rated[0]

    def amount(
        self, at: Instant, units: dict[str, int], seconds: int = 0, **attributes: str
    ) -> Decimal:
        """The exact amount of one record, before it is rounded."""
        lines = self.rate(at, units, seconds, **attributes).lines
        return sum((line.amount for line in lines if line.rule != "rounding"), Decimal(0))


def imported(kind: str, source: Path, into: Path) -> Path:
    """The folder that an import makes."""
    IMPORTERS[kind](source, ImportOptions(), lambda _done, _total: None).write(into)
    return into
