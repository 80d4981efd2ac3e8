"""Whether usage is taken at the event's time: by the status of its service id and its account."""

from typing import Final

from streams.model.account import Account, Service
from streams.model.instant import BEGINNING, FOREVER, Period, format_instant
from streams.model.status import Statuses, StatusWord, status_at
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason

_OF_SERVICE: Final[dict[StatusWord, RejectReason]] = {
    "suspended": RejectReason.SERVICE_SUSPENDED,
    "terminated": RejectReason.SERVICE_ENDED,
}
_OF_ACCOUNT: Final[dict[StatusWord, RejectReason]] = {
    "suspended": RejectReason.ACCOUNT_SUSPENDED,
    "terminated": RejectReason.ACCOUNT_TERMINATED,
}
ALWAYS: Final = Period(BEGINNING, FOREVER)


def standing_of(record: UsageRecord, service: Service, account: Account) -> Period | Reject:
    """For how long around the event both are active; else why its usage waits."""
    span, refusal = _checked(service.statuses, "service", service.service_id, record)
    if refusal is not None:
        return refusal
    other, refusal = _checked(account.statuses, "account", account.account, record)
    if refusal is not None:
        return refusal
    return Period(max(span.start, other.start), min(span.end, other.end))


def _checked(
    statuses: Statuses, kind: str, name: str, record: UsageRecord
) -> tuple[Period, Reject | None]:
    if not statuses:
        return ALWAYS, None
    status, span = status_at(statuses, record.occurred_at)
    reason = (_OF_SERVICE if kind == "service" else _OF_ACCOUNT).get(status)
    if reason is None:
        return span, None
    refusal = Reject(
        reason,
        f"{kind} {name} is {status} at {format_instant(record.occurred_at)}",
        field="service_id",
        lacks=f"{kind}:{record.tenant}:{name}",
    )
    return span, refusal
