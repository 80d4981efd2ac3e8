"""A worker's door as measurements find it, and accounts that ask there."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from connectors.api.keys import KeyStore, Scope
from connectors.kafka.owners import live_workers
from infra.bench.site import Site
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER

READY_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """Where to ask, for which tenant, by which key."""

    address: str
    tenant: str
    key: str

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.address)
        return parts.hostname or "127.0.0.1", parts.port or 80


def new_key(site: Site) -> str:
    """An API key that may write for every tenant; to be made before workers start."""
    _, key = KeyStore(site.folder).create(name="bench", scope=Scope.WRITE, tenant="", at=0)
    return key


def address_of(site: Site) -> str:
    """Where the only worker listens, once it does."""
    found: list[str] = []

    def is_told() -> bool:
        found[:] = [each.address for each in live_workers(site.kafka).values() if each.address]
        return bool(found)

    site.wait(is_told, "the worker's door", within_s=READY_S)
    return found[0]


def prepaid(tenant: str, name: str, *, plan: str, money: Decimal) -> Iterator[Command]:
    """An account in USD with one service, both of this name, and its money."""
    yield PutAccount(f"a/{name}", tenant, name, name, "prepaid", "USD", "UTC", None)
    yield AssignService(f"s/{name}", tenant, name, name, name, name, plan, BEGINNING, FOREVER)
    yield TopUp(f"t/{name}", tenant, name, name, money, "USD", BEGINNING, "bench")
