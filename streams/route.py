"""Routing hint: which account root a service id belongs to at the event's time.

Mediation only needs the partition; the owner there guides for good and knows better. So whatever
leaves one possible root is a hint, and only what leaves none, or several, is suspended.
"""

from streams.model.account import Service
from streams.model.instant import Instant, format_instant
from streams.outcome import Reject, RejectReason


def lacks_service(tenant: str, service_id: str) -> str:
    """The reference key of a service id, as a suspended record names what it waits for."""
    return f"service:{tenant}:{service_id}"


def sole_root(service: Service | None, occurred_at: Instant) -> str | None:
    """The root of a service that never had another, which nearly all are; None: look closer."""
    if service is None or len(service.assignments) != 1:
        return None
    sole = service.assignments[0]
    return sole.root if sole.start <= occurred_at < sole.end and not sole.homes else None


def find_root(
    service: Service | None, *, tenant: str, service_id: str, occurred_at: Instant
) -> str | Reject:
    """The account root at the event's time, or why there is not exactly one."""
    if service is None or not service.assignments:
        return _refuse(RejectReason.UNKNOWN_SERVICE, tenant, service_id, "nobody has it")
    roots = {
        each.root_at(occurred_at)
        for each in service.assignments
        if each.start <= occurred_at < each.end
    }
    if len(roots) == 1:
        return roots.pop()
    if roots:
        claims = f"claimed by {', '.join(sorted(roots))}"
        return _refuse(RejectReason.AMBIGUOUS_SERVICE, tenant, service_id, claims)
    return _refuse_time(service, tenant, service_id, occurred_at)


def _refuse_time(
    service: Service, tenant: str, service_id: str, occurred_at: Instant
) -> str | Reject:
    before = [each for each in service.assignments if each.end <= occurred_at]
    if not before:
        start = format_instant(min(each.start for each in service.assignments))
        return _refuse(RejectReason.NOT_YET_ACTIVE, tenant, service_id, f"begins at {start}")
    last = max(before, key=lambda each: each.end)
    if last.moved_to:
        return last.moved_to
    ended = f"ended at {format_instant(last.end)}"
    return _refuse(RejectReason.SERVICE_ENDED, tenant, service_id, ended)


def _refuse(reason: RejectReason, tenant: str, service_id: str, why: str) -> Reject:
    detail = f"service id {service_id!r}: {why}"
    return Reject(reason, detail, "service_id", lacks_service(tenant, service_id))
