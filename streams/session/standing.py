"""Whether whom a session serves may be served, and until when that is known."""

from streams.model.account import Account, Service
from streams.model.charging_session import ChargingSession
from streams.model.instant import Instant
from streams.model.session_command import SignalSessions
from streams.model.status import StatusWord, status_at
from streams.state import State, Table


def standing_of(
    account: Account, service_id: str, at: Instant, state: State
) -> tuple[StatusWord, Instant]:
    """The status of the account, or of the service where that is not active; and until when."""
    status, period = status_at(account.statuses, at)
    service: Service | None = state.get(Table.SERVICES, f"{account.tenant}\0{service_id}".encode())
    if status != "active" or service is None or not service.statuses:
        return status, period.end
    status, span = status_at(service.statuses, at)
    return status, min(period.end, span.end)


def stopping(session: ChargingSession, status: StatusWord, at: Instant) -> SignalSessions:
    """What tells a session that whom it serves is not served any more."""
    return SignalSessions(
        f"status/{session.session}/{session.sequence}",
        session.tenant,
        session.account,
        session.root,
        "terminate",
        at,
        session.session,
        reason=status,
        cause="status",
    )
