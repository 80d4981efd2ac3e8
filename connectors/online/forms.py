"""What a caller sends and gets, as JSON: decimals are strings or numbers in, strings out."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from connectors.errors import Refused
from streams.model.charging_session import (
    AnswerCode,
    BalanceLeft,
    BudgetLeft,
    ChargingAnswer,
    ChargingRequest,
    Restriction,
    ServiceAnswer,
    ServiceRequest,
    ThresholdStatus,
    Verb,
)
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant, format_instant, instant_of
from streams.model.money import Quantity, trimmed
from streams.model.usage import Usage
from streams.rate.quantity import exact
from streams.session.answers import DEBIT

VERBS: Final[tuple[str, ...]] = get_args(Verb)
LARGEST: Final = Decimal(10) ** 18
DIGITS: Final = 12
"""A quantity is below `LARGEST`, with so many digits after the point at most."""

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Word = Annotated[str, Meta(max_length=256)]
Units = Annotated[dict[Name, Decimal], Meta(max_length=32)]

STATUS: Final[Mapping[AnswerCode, HTTPStatus]] = {
    AnswerCode.SUCCESS: HTTPStatus.OK,
    AnswerCode.PARTIAL: HTTPStatus.OK,
    AnswerCode.CREDIT_LIMIT_REACHED: HTTPStatus.PAYMENT_REQUIRED,
    AnswerCode.NOT_RATED: HTTPStatus.UNPROCESSABLE_ENTITY,
    AnswerCode.UNKNOWN_SESSION: HTTPStatus.NOT_FOUND,
    AnswerCode.IDEMPOTENCY_CONFLICT: HTTPStatus.CONFLICT,
    AnswerCode.OUT_OF_ORDER: HTTPStatus.CONFLICT,
    AnswerCode.BUDGET_EXHAUSTED: HTTPStatus.PAYMENT_REQUIRED,
    AnswerCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    AnswerCode.SESSION_LIMIT_REACHED: HTTPStatus.PAYMENT_REQUIRED,
    AnswerCode.STOPPED_BY_POLICY: HTTPStatus.FORBIDDEN,
    AnswerCode.TERMINATED: HTTPStatus.GONE,
    AnswerCode.CLOCK_OUT_OF_BOUNDS: HTTPStatus.UNPROCESSABLE_ENTITY,
    AnswerCode.MOVING: HTTPStatus.SERVICE_UNAVAILABLE,
    AnswerCode.UNKNOWN_THRESHOLD: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status that tells each code."""


class ServiceBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service: the units asked for, and those used since the last report.

    `used_after` are those used after the change of the tariff that the grant told; no more is
    granted than `money` buys.
    """

    usage_type: Name
    requested: Units = {}
    used: Units = {}
    rating_group: Word = ""
    attributes: Annotated[dict[Name, Word], Meta(max_length=64)] = {}
    whole: bool = False
    used_after: Units = {}
    money: Decimal | None = None


class RequestBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request. `valid_for` is in seconds; `root` is the account's, where the caller knows it.

    `gateway` names who holds the session, and follows what is commanded of it. `at` is when it
    began by the gateway's clock. With `follow` the session serves nothing: it follows these
    thresholds of the account, with an empty list all of them.
    """

    service_id: Name
    services: Annotated[tuple[ServiceBody, ...], Meta(max_length=32)] = ()
    sequence: Annotated[int, Meta(ge=1, lt=2**53)] = 1
    valid_for: Annotated[int, Meta(ge=1, le=7 * 86_400)] = 3_600
    root: Word = ""
    gateway: Word = ""
    at: Annotated[datetime, Meta(tz=True)] | None = None
    follow: Annotated[tuple[Name, ...], Meta(max_length=64)] | None = None


class RefundBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a refund is of: a `session` that has ended, or a `debit` by its Idempotency-Key.

    `part` is so much of a resource, money by its currency and allowances by their names; `usage` is
    so much of what was used, by its units: what that has cost goes back, and it counts no more.
    Without both the whole goes back.
    """

    service_id: Name
    session: Word = ""
    debit: Word = ""
    part: Units = {}
    usage: Units = {}
    root: Word = ""


class BalanceBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose balance is asked for: the account's that the service belongs to."""

    service_id: Name
    root: Word = ""


_decode = msgspec.json.Decoder(RequestBody).decode
_decode_refund = msgspec.json.Decoder(RefundBody).decode
_decode_balance = msgspec.json.Decoder(BalanceBody).decode


def read_request(tenant: str, verb: Verb, session: str, body: bytes) -> ChargingRequest:
    """The request that a body makes. Raises Refused, with the field and the value seen."""
    try:
        if verb == "refund":
            return _refund(tenant, session, _decode_refund(body))
        if verb == "balance":
            return _without_session(tenant, verb, _decode_balance(body))
        form = _decode(body)
        if form.follow is not None and (form.services or verb not in ("reserve", "extend")):
            raise Refused("$.follow: stands alone, and only where a session begins or is extended")
    except msgspec.MsgspecError as error:
        raise Refused(str(error)) from error
    return ChargingRequest(
        f"{session}/{form.sequence}",
        tenant,
        form.root,
        verb,
        session,
        form.sequence,
        form.service_id,
        BEGINNING,
        tuple([_asked(service, place) for place, service in enumerate(form.services)]),
        form.valid_for * SECOND,
        gateway=form.gateway,
        occurred_at=BEGINNING if form.at is None else instant_of(form.at),
        follow=None if form.follow is None else tuple(dict.fromkeys(form.follow)),
    )


def _asked(form: ServiceBody, place: int) -> ServiceRequest:
    return ServiceRequest(
        form.usage_type,
        _usages(form.requested, "requested", place),
        _usages(form.used, "used", place),
        form.rating_group,
        form.attributes,
        form.whole,
        _usages(form.used_after, "used_after", place),
        _money(form.money, place),
    )


def _refund(tenant: str, name: str, form: RefundBody) -> ChargingRequest:
    if bool(form.session) == bool(form.debit):
        raise Refused("$: a refund is of a session or of a debit: expected one of the two")
    if form.part and form.usage:
        raise Refused("$: a refund is of resources or of usage: expected part or usage, not both")
    part = ServiceRequest("refund", _usages(form.part, "part"), _usages(form.usage, "usage"))
    request = _without_session(tenant, "refund", form)
    return replace(
        request,
        session=name,
        command_id=f"{name}/1",
        services=(part,) if part.requested or part.used else (),
        refers=f"{DEBIT}{form.debit}" if form.debit else form.session,
    )


def _without_session(tenant: str, verb: Verb, form: RefundBody | BalanceBody) -> ChargingRequest:
    return ChargingRequest("", tenant, form.root, verb, "", 1, form.service_id, BEGINNING, (), 0)


def seconds_until_retry(answer: ChargingAnswer, now: Instant) -> int:
    """After how many seconds asking again may help: one at least."""
    times = [each.restriction.retry_at for each in answer.services if each.restriction is not None]
    return max(1, -((now - max(times, default=now)) // SECOND))


def answer_body(answer: ChargingAnswer) -> dict[str, Any]:
    """The answer as its JSON document."""
    told: dict[str, Any] = {"code": answer.code, "services": [*map(_service, answer.services)]}
    if answer.currency:
        told["currency"] = answer.currency
    if answer.valid_until != BEGINNING:
        told["valid_until"] = format_instant(answer.valid_until)
    if answer.detail:
        told["detail"] = answer.detail
    if answer.balances:
        told["balances"] = [*map(_balance, answer.balances)]
    if answer.budgets:
        told["budgets"] = [*map(_budget, answer.budgets)]
    if answer.thresholds:
        told["thresholds"] = [*map(_threshold, answer.thresholds)]
    if answer.inactive_after:
        told["inactive_after"] = answer.inactive_after // SECOND
    if answer.control is not None:
        told["control"] = asdict(answer.control)
    return told


def _balance(left: BalanceLeft) -> dict[str, Any]:
    return {
        "account": left.account,
        "resource": left.resource,
        "bucket": left.bucket,
        "remaining": _number(left.remaining),
        "reserved": _number(left.reserved),
        **_span(left.start, left.end),
    }


def _budget(left: BudgetLeft) -> dict[str, Any]:
    return {
        "budget": left.budget,
        "level": left.level,
        "value": left.value,
        "limit": _number(left.limit),
        "used": _number(left.used),
        "reserved": _number(left.reserved),
        **_span(left.start, left.end),
    }


def _threshold(known: ThresholdStatus) -> dict[str, Any]:
    told = {
        "threshold": known.threshold,
        "status": known.status,
        "value": _number(known.value),
        **_span(known.start, known.end),
    }
    return {**told, "then": known.then} if known.then else told


def _span(start: Instant, end: Instant) -> dict[str, str]:
    told = {} if start == BEGINNING else {"start": format_instant(start)}
    return told if end == FOREVER else {**told, "end": format_instant(end)}


def _number(quantity: Quantity) -> str:
    return str(trimmed(Decimal(quantity)))


def _restriction(restriction: Restriction) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": restriction.kind,
        "name": restriction.name,
        "action": restriction.action,
    }
    if restriction.level:
        told["level"] = restriction.level
    if restriction.instead:
        told["instead"] = restriction.instead
    if restriction.rate:
        told["rate"] = restriction.rate
    if restriction.retry_at != BEGINNING:
        told["retry_at"] = format_instant(restriction.retry_at)
    return told


def _service(answer: ServiceAnswer) -> dict[str, Any]:
    told: dict[str, Any] = {
        "rating_group": answer.group,
        "usage_type": answer.usage_type,
        "code": answer.code,
        "granted": {usage.unit: str(usage.quantity) for usage in answer.granted},
        "amount": str(trimmed(answer.amount)),
        "final": answer.is_final,
    }
    if answer.detail:
        told["detail"] = answer.detail
    if answer.restriction is not None:
        told["restriction"] = _restriction(answer.restriction)
    if answer.final_unit is not None:
        told["final_unit"] = {"action": answer.final_unit.action, "to": answer.final_unit.value}
    if answer.ask_again_at:
        told["ask_again_at"] = str(answer.ask_again_at)
    if answer.ask_again_before:
        told["ask_again_before"] = answer.ask_again_before // SECOND
    if answer.tariff_change != BEGINNING:
        told["tariff_change"] = format_instant(answer.tariff_change)
    if answer.trigger:
        told["trigger"] = answer.trigger
    return told


def _money(amount: Decimal | None, place: int) -> Decimal | None:
    if amount is None:
        return None
    if wrong := _wrong(amount):
        raise Refused(f"$.services[{place}].money: {wrong}")
    return Decimal(exact(amount))


def _usages(units: Mapping[str, Decimal], word: str, place: int | None = None) -> tuple[Usage, ...]:
    """Quantities by unit; where one stands in the body is put together for a wrong one alone."""
    usages: list[Usage] = []
    for unit, value in units.items():
        if wrong := _wrong(value):
            at = "$" if place is None else f"$.services[{place}]"
            raise Refused(f"{at}.{word}.{unit}: {wrong}")
        usages.append(Usage(unit, exact(value)))
    return tuple(usages)


def _wrong(value: Decimal) -> str:
    """What is wrong with a quantity; empty: nothing."""
    if not value.is_finite() or not 0 <= value < LARGEST:
        return f"expected 0 up to 10^18, found {str(value)[:40]}"
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DIGITS:
        return f"{DIGITS} digits after the point at most, found {str(value)[:40]}"
    return ""
