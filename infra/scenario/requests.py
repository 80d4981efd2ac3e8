"""Steps that ask the online door, and what became of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, get_args

from infra.scenario.messages import instant
from infra.scenario.step_form import RefundForm, RequestForm, ServiceRequestForm, StepForm
from infra.scenario.then_form import (
    AnswerForm,
    BudgetLeftForm,
    RestrictionForm,
    ServiceAnswerForm,
    ThresholdStatusForm,
)
from streams.model.charging_session import (
    BudgetLeft,
    ChargingAnswer,
    ChargingRequest,
    Restriction,
    ServiceAnswer,
    ServiceRequest,
    ThresholdStatus,
    Verb,
)
from streams.model.instant import BEGINNING
from streams.model.session_policy import FinalUnit
from streams.model.usage import Usage
from streams.rate.quantity import exact
from streams.session.answers import DEBIT

VERBS: Final[tuple[Verb, ...]] = get_args(Verb)
_SECOND: Final = 1_000_000


Asked = RequestForm | RefundForm


def request_of(step: StepForm) -> tuple[Verb, Asked] | None:
    """The request of a step, with its verb; None: it asks for nothing."""
    for verb in VERBS:
        form: Asked | None = getattr(step, verb)
        if form is not None:
            return verb, form
    return None


def charging_request(
    verb: Verb, form: Asked, *, tenant: str, root: str, sequence: int
) -> ChargingRequest:
    """The request as the owner gets it."""
    if isinstance(form, RefundForm):
        return _refund(form, tenant=tenant, root=root)
    return ChargingRequest(
        f"{form.session}/{sequence}",
        tenant,
        root,
        verb,
        form.session,
        sequence,
        form.service,
        instant(form.at),
        tuple(map(_service, form.services)),
        form.valid_for * _SECOND,
        gateway=form.gateway,
        occurred_at=BEGINNING if form.stamp is None else instant(form.stamp),
        follow=form.follow,
    )


def session_of(form: Asked) -> str:
    """What names the request: its session, or a name of its own."""
    return form.name if isinstance(form, RefundForm) else form.session


def _refund(form: RefundForm, *, tenant: str, root: str) -> ChargingRequest:
    part = ServiceRequest("refund", _usages(form.part), _usages(form.usage))
    return ChargingRequest(
        f"{form.name}/1",
        tenant,
        root,
        "refund",
        form.name,
        1,
        form.service,
        instant(form.at),
        (part,) if form.part or form.usage else (),
        0,
        refers=f"{DEBIT}{form.debit}" if form.debit else form.session,
    )


def _service(form: ServiceRequestForm) -> ServiceRequest:
    return ServiceRequest(
        form.usage_type,
        _usages(form.units),
        _usages(form.used),
        form.rating_group,
        form.attributes,
        form.whole,
        _usages(form.used_after),
        form.money,
    )


def _usages(units: Mapping[str, Decimal]) -> tuple[Usage, ...]:
    return tuple(Usage(unit, exact(quantity)) for unit, quantity in units.items())


def answer_differences(
    expected: Sequence[AnswerForm], found: Sequence[ChargingAnswer]
) -> list[str]:
    """What of the answers is not as expected."""
    if len(expected) != len(found):
        return [f"answers: expected {len(expected)}, found {len(found)}"]
    told: list[str] = []
    for number, (wanted, answer) in enumerate(zip(expected, found, strict=True)):
        what = f"answers[{number}]"
        told += _same(f"{what} code", wanted.code, str(answer.code), answer.detail)
        told += _same(f"{what} repeat", wanted.repeat, answer.is_repeat)
        if wanted.valid_until is not None:
            told += _same(f"{what} valid_until", instant(wanted.valid_until), answer.valid_until)
        told += _same(
            f"{what} inactive_after", _micro(wanted.inactive_after), answer.inactive_after
        )
        control = "" if answer.control is None else answer.control.action
        told += _same(f"{what} control", wanted.control, control)
        if wanted.budgets is not None:
            told += _budget_differences(f"{what} budgets", wanted.budgets, answer.budgets)
        if wanted.thresholds is not None:
            told += _status_differences(f"{what} thresholds", wanted.thresholds, answer.thresholds)
        if wanted.services is None:
            continue
        if len(wanted.services) != len(answer.services):
            told.append(
                f"{what} services: expected {len(wanted.services)}, found {len(answer.services)}"
            )
            continue
        for place, (one, other) in enumerate(zip(wanted.services, answer.services, strict=True)):
            told += _service_differences(f"{what} services[{place}]", one, other)
    return told


def _service_differences(what: str, wanted: ServiceAnswerForm, found: ServiceAnswer) -> list[str]:
    granted = {usage.unit: Decimal(usage.quantity) for usage in found.granted}
    return [
        *_same(f"{what} group", wanted.group, found.group),
        *_same(f"{what} code", wanted.code, str(found.code), found.detail),
        *_same(f"{what} granted", wanted.granted, granted),
        *_same(f"{what} amount", wanted.amount, found.amount),
        *_same(f"{what} final", wanted.final, found.is_final),
        *_same(f"{what} final_unit", wanted.final_unit, _last(found.final_unit)),
        *_same(f"{what} ask_again_at", wanted.ask_again_at, found.ask_again_at),
        *_same(f"{what} ask_again_before", _micro(wanted.ask_again_before), found.ask_again_before),
        *_same(f"{what} tariff_change", _moment(wanted.tariff_change), found.tariff_change),
        *_same(f"{what} trigger", wanted.trigger, found.trigger),
        *_restriction_differences(f"{what} restriction", wanted.restriction, found.restriction),
    ]


def _last(final_unit: FinalUnit | None) -> dict[str, str]:
    if final_unit is None:
        return {}
    told = {"action": str(final_unit.action)}
    return told | ({"to": final_unit.value} if final_unit.value else {})


def _micro(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * _SECOND


def _moment(text: str | None) -> int | None:
    """An empty text: there is none."""
    return instant(text) if text else BEGINNING if text is not None else None


def _restriction_differences(
    what: str, wanted: RestrictionForm | None, found: Restriction | None
) -> list[str]:
    if wanted is None:
        return []
    if found is None:
        return [f"{what}: expected one, found none"]
    retry_at = None if wanted.retry_at is None else instant(wanted.retry_at)
    return [
        *_same(f"{what} kind", wanted.kind, found.kind),
        *_same(f"{what} name", wanted.name, found.name),
        *_same(f"{what} action", wanted.action, found.action),
        *_same(f"{what} level", wanted.level, found.level),
        *_same(f"{what} instead", wanted.instead, found.instead),
        *_same(f"{what} rate", wanted.rate, found.rate),
        *_same(f"{what} retry_at", retry_at, found.retry_at),
    ]


def _budget_differences(
    what: str, wanted: Sequence[BudgetLeftForm], found: Sequence[BudgetLeft]
) -> list[str]:
    if len(wanted) != len(found):
        return [f"{what}: expected {len(wanted)}, found {len(found)}"]
    told: list[str] = []
    for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
        for word in ("budget", "value", "level", "limit", "used", "reserved"):
            told += _same(f"{what}[{number}] {word}", getattr(one, word), getattr(other, word))
    return told


def _status_differences(
    what: str, wanted: Sequence[ThresholdStatusForm], found: Sequence[ThresholdStatus]
) -> list[str]:
    names, seen = [each.threshold for each in wanted], [each.threshold for each in found]
    if names != seen:
        return [f"{what}: expected {names}, found {seen}"]
    told: list[str] = []
    for one, other in zip(wanted, found, strict=True):
        for word in ("status", "value", "then"):
            told += _same(
                f"{what} {one.threshold} {word}", getattr(one, word), getattr(other, word)
            )
        if one.end is not None:
            told += _same(f"{what} {one.threshold} end", instant(one.end), other.end)
    return told


def _same(what: str, wanted: object, found: object, why: str = "") -> list[str]:
    if wanted is None or wanted == found:
        return []
    return [f"{what}: expected {wanted}, found {found}" + (f" ({why})" if why else "")]
