"""Who pays: service id → assignment in force at the event's time → account.

Mediation only found the root; here the owner decides for good. A service that has moved to a root
of another partition is told as `Elsewhere`.
"""

from typing import Final

from msgspec import Struct

from streams.model.account import Account, Service, ServiceAssignment
from streams.model.instant import format_instant
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason
from streams.state import State, Table

_SERVICES: Final = Table.SERVICES
_ACCOUNTS: Final = Table.ACCOUNTS


class Guided(Struct, frozen=True, gc=False):
    """The account that pays, the assignment that says so, and the account's key in the state."""

    account: Account
    assignment: ServiceAssignment
    key: bytes


class Elsewhere(Struct, frozen=True, gc=False):
    """The service lives under another root by now."""

    root: str


def guide(record: UsageRecord, state: State) -> Guided | Elsewhere | Reject:
    """The payer at the event's time."""
    service = state.get(_SERVICES, f"{record.tenant}\0{record.service_id}".encode())
    if service is None:
        return _refuse(record, RejectReason.UNKNOWN_SERVICE, "is not known")
    assignments = service.assignments
    first = assignments[0]
    if len(assignments) == 1 and first.start <= record.occurred_at < first.end:
        assignment = first
    else:
        found = _assignment_at(service, record)
        if not isinstance(found, ServiceAssignment):
            return found
        assignment = found
    key = f"{record.tenant}\0{assignment.account}".encode()
    account = state.get(_ACCOUNTS, key)
    if account is None:
        return Reject(
            RejectReason.UNKNOWN_ACCOUNT,
            f"account {assignment.account} of service {record.service_id} is not known",
            lacks=f"account:{record.tenant}:{assignment.account}",
        )
    return Guided(account, assignment, key)


def _assignment_at(service: Service, record: UsageRecord) -> ServiceAssignment | Elsewhere | Reject:
    at = record.occurred_at
    covering = [each for each in service.assignments if each.start <= at < each.end]
    if len(covering) == 1:
        return covering[0]
    if covering:
        accounts = ", ".join(sorted({each.account for each in covering}))
        return _refuse(record, RejectReason.AMBIGUOUS_SERVICE, f"is claimed by {accounts}")
    ended = [each for each in service.assignments if each.end <= at]
    if not ended:
        return _refuse(record, RejectReason.NOT_YET_ACTIVE, "has no account yet")
    last = max(ended, key=lambda each: each.end)
    if last.moved_to:
        return Elsewhere(last.moved_to)
    return _refuse(record, RejectReason.SERVICE_ENDED, "has no account any more")


def _refuse(record: UsageRecord, reason: RejectReason, what: str) -> Reject:
    return Reject(
        reason,
        f"service {record.service_id} {what} at {format_instant(record.occurred_at)}",
        field="service_id",
        lacks=f"service:{record.tenant}:{record.service_id}",
    )
