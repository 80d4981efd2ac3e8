"""Credit-Control messages of python-diameter ↔ our requests and answers."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

import pycountry
from diameter.message import Avp, Message
from diameter.message import constants as names

from connectors.errors import Refused
from connectors.trade.dialogue import FinalUnit, GroupResult, Outcome
from connectors.trade.diameter.codes import (
    AFTER_TARIFF_CHANGE,
    SUBSCRIPTIONS,
    URL,
    FinalUnitAction,
    RequestedAction,
    RequestType,
)
from connectors.trade.diameter.credit_control import Credit, CreditControl, code_of
from connectors.trade.terms import Asked, Counts, Fact, completed, summed
from streams.model.instant import Instant, datetime_of, instant_of
from streams.model.rating_group import CountName

Avps = Sequence[Any]
TGPP: Final = 10415
"""The vendor 3GPP."""
TIME_QUOTA_THRESHOLD, VOLUME_QUOTA_THRESHOLD, UNIT_QUOTA_THRESHOLD = 868, 869, 1226
DEPTH_MAX, FACTS_MAX, TEXT_MAX = 8, 2_000, 256
EXPONENT_MAX: Final = 12
_COUNTS: Final[dict[CountName, int]] = {
    "time": names.AVP_CC_TIME,
    "total_volume": names.AVP_CC_TOTAL_OCTETS,
    "input_volume": names.AVP_CC_INPUT_OCTETS,
    "output_volume": names.AVP_CC_OUTPUT_OCTETS,
    "service_units": names.AVP_CC_SERVICE_SPECIFIC_UNITS,
}
_THRESHOLDS: Final[dict[CountName, int]] = {
    "time": TIME_QUOTA_THRESHOLD,
    "total_volume": VOLUME_QUOTA_THRESHOLD,
    "input_volume": VOLUME_QUOTA_THRESHOLD,
    "output_volume": VOLUME_QUOTA_THRESHOLD,
    "service_units": UNIT_QUOTA_THRESHOLD,
}


def read(message: Any) -> CreditControl:
    """The request of a message. Raises Refused for a value that has no meaning."""
    avps: Avps = message.avps
    try:
        kind = RequestType(_one(avps, names.AVP_CC_REQUEST_TYPE))
        action = RequestedAction(_one(avps, names.AVP_REQUESTED_ACTION, 0))
    except ValueError as error:
        raise Refused(str(error)) from error
    services = _all(avps, names.AVP_MULTIPLE_SERVICES_CREDIT_CONTROL)
    stamp = _one(avps, names.AVP_EVENT_TIMESTAMP)
    return CreditControl(
        str(_one(avps, names.AVP_SESSION_ID, "")),
        kind,
        int(_one(avps, names.AVP_CC_REQUEST_NUMBER, 0)),
        list(_subscribers(avps)),
        [_asked(each, each) for each in services] or _plain(avps),
        _facts(avps),
        is_multiple=bool(services),
        action=action,
        holder=_text(_one(avps, names.AVP_ORIGIN_HOST, b"")),
        correlation=_text(_one(avps, names.AVP_CC_CORRELATION_ID, b"")),
        told_at=None if stamp is None else instant_of(stamp.astimezone(UTC)),
    )


def fill(answer: Any, request: CreditControl, credit: Credit, *, at: Instant) -> Message:
    """Put what a request comes to into its answer."""
    answer.result_code = int(credit.code)
    answer.cc_request_type = int(request.type)
    answer.cc_request_number = request.number
    for avp in _told(request, credit, at):
        answer.append_avp(avp)
    return answer


def _told(request: CreditControl, credit: Credit, at: Instant) -> Iterator[Any]:
    if credit.has_credit is not None:
        yield Avp.new(names.AVP_CHECK_BALANCE_RESULT, value=0 if credit.has_credit else 1)
    if credit.cost is not None:
        yield _cost(credit.cost, credit.currency)
    if credit.outcome is None:
        return
    for result in credit.results:
        parts = [*_service(result, credit.outcome, at)]
        if request.is_multiple:
            code = Avp.new(names.AVP_RESULT_CODE, value=int(code_of(result)))
            group = Avp.new(names.AVP_RATING_GROUP, value=result.number)
            yield Avp.new(names.AVP_MULTIPLE_SERVICES_CREDIT_CONTROL, value=[group, code, *parts])
        else:
            yield from (each for each in parts if each.vendor_id != TGPP)


def _service(result: GroupResult, outcome: Outcome, at: Instant) -> Iterator[Any]:
    if result.granted:
        units = [*_units(result.granted)]
        if result.tariff_change is not None:
            change = datetime_of(result.tariff_change).astimezone(UTC)
            units.append(Avp.new(names.AVP_TARIFF_TIME_CHANGE, value=change))
        yield Avp.new(names.AVP_GRANTED_SERVICE_UNIT, value=units)
    validity_s = outcome.validity_s(result, at)
    if validity_s and (result.granted or result.is_graceful):
        yield Avp.new(names.AVP_VALIDITY_TIME, value=validity_s)
    if result.final is not None:
        yield _final(result.final)
    for name, value in result.ask_again_at.items():
        if name in _THRESHOLDS and value:
            yield Avp.new(_THRESHOLDS[name], TGPP, value=min(int(value), 2**32 - 1))


def _units(counts: Counts) -> Iterator[Any]:
    for name, value in counts.items():
        if name == "money":
            yield Avp.new(names.AVP_CC_MONEY, value=[_unit_value(value)])
        else:
            yield Avp.new(_COUNTS[name], value=int(value))


def _unit_value(amount: Decimal) -> Any:
    sign, digits, exponent = amount.normalize().as_tuple()
    assert isinstance(exponent, int)
    number = int("".join(map(str, digits))) * (-1 if sign else 1)
    parts = [Avp.new(names.AVP_VALUE_DIGITS, value=number)]
    if exponent:
        parts.append(Avp.new(names.AVP_EXPONENT, value=exponent))
    return Avp.new(names.AVP_UNIT_VALUE, value=parts)


def _cost(cost: Decimal, currency: str) -> Any:
    found = pycountry.currencies.get(alpha_3=currency)
    code = int(found.numeric) if found is not None else 0
    number = Avp.new(names.AVP_CURRENCY_CODE, value=code)
    return Avp.new(names.AVP_COST_INFORMATION, value=[_unit_value(cost), number])


def _final(final: FinalUnit) -> Any:
    """What Diameter has no word for ends service."""
    match final.action:
        case "redirect":
            server = [
                Avp.new(
                    names.AVP_REDIRECT_ADDRESS_TYPE,
                    value=URL,
                ),
                Avp.new(names.AVP_REDIRECT_SERVER_ADDRESS, value=final.to),
            ]
            more = [Avp.new(names.AVP_REDIRECT_SERVER, value=server)]
            action = FinalUnitAction.REDIRECT
        case "restrict":
            more = [Avp.new(names.AVP_FILTER_ID, value=final.to)]
            action = FinalUnitAction.RESTRICT_ACCESS
        case _:
            more, action = [], FinalUnitAction.TERMINATE
    parts = [Avp.new(names.AVP_FINAL_UNIT_ACTION, value=int(action)), *more]
    return Avp.new(names.AVP_FINAL_UNIT_INDICATION, value=parts)


def _plain(avps: Avps) -> list[Asked]:
    """What a request without Multiple-Services asks for: nothing, where it names no units."""
    has_units = _all(avps, names.AVP_REQUESTED_SERVICE_UNIT, names.AVP_USED_SERVICE_UNIT)
    return [_asked(avps, ())] if has_units else []


def _asked(avps: Any, service: Any) -> Asked:
    """`service` is the group that the units stand in; of a plain request there is none."""
    parts: Avps = service.value if service else avps
    number = _one(parts, names.AVP_RATING_GROUP, _one(parts, names.AVP_SERVICE_IDENTIFIER, 0))
    requested = _all(parts, names.AVP_REQUESTED_SERVICE_UNIT)
    before: Counts = {}
    after: Counts = {}
    for used in _all(parts, names.AVP_USED_SERVICE_UNIT):
        counts = _counts(used.value)
        if _one(used.value, names.AVP_TARIFF_CHANGE_USAGE, 0) == AFTER_TARIFF_CHANGE:
            after = summed(after, counts)
        else:
            before = summed(before, counts)
    wanted = _counts(requested[0].value) if requested else None
    return Asked(int(number), wanted, before, after)


def _counts(avps: Avps) -> Counts:
    found: Counts = {}
    for name, code in _COUNTS.items():
        value = _one(avps, code)
        if value is not None:
            found[name] = Decimal(value)
    money = _one(avps, names.AVP_CC_MONEY)
    if money is not None:
        value = _one(money, names.AVP_UNIT_VALUE, ())
        exponent = _one(value, names.AVP_EXPONENT, 0)
        if abs(exponent) > EXPONENT_MAX:
            raise Refused(f"Exponent is {exponent}: expected -12 to 12")
        found["money"] = Decimal(_one(value, names.AVP_VALUE_DIGITS, 0)).scaleb(exponent)
    return completed(found)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")[:TEXT_MAX]


def _subscribers(avps: Avps) -> Iterator[str]:
    for each in _all(avps, names.AVP_SUBSCRIPTION_ID):
        kind = _one(each.value, names.AVP_SUBSCRIPTION_ID_TYPE)
        text = str(_one(each.value, names.AVP_SUBSCRIPTION_ID_DATA, ""))
        if kind in SUBSCRIPTIONS and text:
            yield SUBSCRIPTIONS[kind] + text[:TEXT_MAX]
    user = _one(avps, names.AVP_USER_NAME)
    if user:
        yield f"nai-{str(user)[:TEXT_MAX]}"


def _facts(avps: Avps) -> Fact:
    """What a request tells, by the names of its AVPs; of several of a name, the first."""
    told: dict[str, str] = {}
    for name, value in _leaves(avps, DEPTH_MAX):
        if len(told) >= FACTS_MAX:
            break
        told.setdefault(name, value)
    return lambda name: told.get(name, "")


def _leaves(avps: Avps, depth: int) -> Iterator[tuple[str, str]]:
    for avp in avps:
        value = avp.value
        if isinstance(value, list):
            if depth:
                yield from _leaves(value, depth - 1)
        elif isinstance(value, bytes):
            text = value.decode("utf-8", "replace")
            if text.isprintable():
                yield avp.name, text[:TEXT_MAX]
        elif isinstance(value, str | int):
            yield avp.name, str(value)[:TEXT_MAX]


def _all(avps: Avps, *codes: int) -> list[Any]:
    return [each for each in avps if each.code in codes and not each.vendor_id]


def _one(avps: Avps, code: int, default: Any = None) -> Any:
    found = _all(avps, code)
    return found[0].value if found else default
