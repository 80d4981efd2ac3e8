"""Which catalog version has to be compiled before an input can be taken."""

from collections.abc import Container

from streams.commands import catalog_of, version_from
from streams.model.balance_command import Adjust, AnswerTopUp, ConvertPoints, TopUp
from streams.model.charging_session import ChargingRequest
from streams.model.command import (
    ActivateCatalog,
    Command,
    Forwarded,
    PutAttributes,
    Released,
    SentOn,
)
from streams.model.usage import UsageRecord
from streams.state import State


def missing_version(
    entry: Command | UsageRecord, compiled: Container[str], state: State
) -> str | None:
    """The version that is not compiled yet; None: nothing is missing."""
    version: str | None
    if isinstance(entry, UsageRecord | TopUp | Adjust | AnswerTopUp | ConvertPoints):
        version = catalog_of(entry.tenant, entry.occurred_at, state)
        return None if version in compiled else version
    match entry:
        case ActivateCatalog():
            version = entry.version
        case PutAttributes():
            version = version_from(entry, state)
        case ChargingRequest():
            version = catalog_of(entry.tenant, entry.at, state)
        case SentOn(command=command):
            return missing_version(command, compiled, state)
        case Forwarded(batch=batch) | Released(batch=batch):
            missing = (missing_version(record, compiled, state) for record in batch.records)
            return next((version for version in missing if version is not None), None)
        case _:
            version = None
    return None if version in compiled else version
