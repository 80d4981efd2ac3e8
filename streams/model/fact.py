"""Facts: what topic `accounts` tells everybody, one object a key, newest state last."""

from msgspec import Struct

from streams.model.account import Account, Service
from streams.model.instant import Instant


class CatalogVersions(Struct, frozen=True, array_like=True, tag=3):
    """The catalog versions of a tenant as (start, version), by rising start."""

    tenant: str
    marks: tuple[tuple[Instant, str], ...]


Subject = Account | Service | CatalogVersions
"""What a fact can be about."""


class Fact(Struct, frozen=True, array_like=True):
    """An object's newest state and the ledger record that it comes from."""

    subject: Subject
    ledger_partition: int
    ledger_offset: int


def fact_key(subject: Subject) -> str:
    """The object's key on topic `accounts`, NUL-separated."""
    match subject:
        case Account(tenant=tenant, account=account):
            return f"account\0{tenant}\0{account}"
        case Service(tenant=tenant, service_id=service_id):
            return f"service\0{tenant}\0{service_id}"
        case CatalogVersions(tenant=tenant):
            return f"catalog\0{tenant}"
