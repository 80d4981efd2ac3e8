"""What a caller is told of the grant of one service."""

from decimal import Decimal

from msgspec.structs import replace

from streams.model.charging_session import AnswerCode, ServiceAnswer, ServiceRequest
from streams.model.usage import Usage
from streams.outcome import Drop, Reject
from streams.rate.guide import Elsewhere
from streams.session.probe import Probe


def told_of(
    asked: ServiceRequest,
    granted: tuple[Usage, ...],
    found: Probe | None,
    short: Probe | None,
) -> ServiceAnswer:
    """What the service is told of its grant, and what bounds that where a budget does."""
    answer = ServiceAnswer(asked.group, asked.usage_type, AnswerCode.SUCCESS, granted)
    if found is None:
        return answer
    if found.refusal is not None:
        return replace(answer, code=AnswerCode.NOT_RATED, detail=_why(found.refusal))
    beyond = None if short is None else short.beyond
    if beyond is not None:
        bound = beyond.restriction(is_cut=bool(granted))
        answer = replace(answer, restriction=bound, detail=beyond.detail())
    if not found.is_covered and not granted:
        code = AnswerCode.CREDIT_LIMIT_REACHED if beyond is None else beyond.code
        return replace(answer, code=code, is_final=True)
    if asked.requested != granted:
        answer = replace(answer, code=AnswerCode.PARTIAL, is_final=True)
    return replace(answer, amount=Decimal(found.amount))


def _why(refusal: Elsewhere | Drop | Reject) -> str:
    return f"lives under {refusal.root}" if isinstance(refusal, Elsewhere) else refusal.detail
