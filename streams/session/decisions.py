"""What is recorded of each request that budgets or policies had a say in."""

from streams.model.account import Account
from streams.model.charging_session import ChargingRequest, ServiceAnswer, ServiceRequest
from streams.model.decision import Decision


def decision_of(
    asked: ServiceRequest, told: ServiceAnswer, request: ChargingRequest, account: Account
) -> Decision:
    """The decision on one service, as it was asked and as it was answered."""
    bound = told.restriction
    stands = "debit" if request.verb == "debit" else "session"
    return Decision(
        f"{stands}/{request.session}/{request.sequence}/{asked.group}",
        request.tenant,
        account.account,
        request.service_id,
        request.session,
        request.verb,
        asked.group,
        asked.usage_type,
        request.at,
        "allow" if bound is None else bound.action,
        told.code,
        "" if bound is None else bound.kind,
        "" if bound is None else bound.name,
        "" if bound is None else bound.level,
        "" if bound is None else bound.reason or told.code,
        told.detail,
        asked.attributes,
        {} if bound is None else bound.instead,
        asked.requested,
        told.granted,
        told.amount,
        account.currency,
    )
