"""Whose balances serve a request: those of its session, or of who has the service id now."""

from streams.model.account import Account, ServiceAssignment
from streams.model.charging_session import ChargingRequest, ChargingSession
from streams.outcome import Reject, RejectReason
from streams.rate.guide import Sought, find_assignment
from streams.session.moving import is_away, is_leaving
from streams.state import State, Table


def account_of(
    request: ChargingRequest, session: ChargingSession | None, state: State
) -> Account | Reject:
    """Whose balances serve it: the session's, or the account of the service now."""
    name = "" if session is None else session.account
    if not name:
        found = find_assignment(Sought(request.tenant, request.service_id, request.at), state)
        if not isinstance(found, ServiceAssignment):
            return found if isinstance(found, Reject) else _moved(request, found.root)
        name = found.account
    account: Account | None = state.get(Table.ACCOUNTS, f"{request.tenant}\0{name}".encode())
    return account if account is not None else _not_known(request, name)


def is_moving(request: ChargingRequest, account: Account | Reject, state: State) -> bool:
    """True where the account is between two homes: whoever asks again finds it."""
    if isinstance(account, Account):
        return is_away(account, state)
    left = account.reason == RejectReason.WRONG_HOME
    return left and is_leaving(request.tenant, request.service_id, state)


def _moved(request: ChargingRequest, root: str) -> Reject:
    return Reject(
        RejectReason.WRONG_HOME,
        f"service {request.service_id} lives under {root}",
        field="service_id",
    )


def _not_known(request: ChargingRequest, account: str) -> Reject:
    return Reject(
        RejectReason.UNKNOWN_ACCOUNT,
        f"account {account} of service {request.service_id} is not known",
        lacks=f"account:{request.tenant}:{account}",
    )
