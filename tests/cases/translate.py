"""A case becomes a scenario by its fields alone."""

from typing import Any

from tests.cases.draft import Draft, Words, document
from tests.cases.fields import Fields, NotYet, UnknownField
from tests.cases.reader import Case
from tests.cases.words import expect, given, refunds, sessions, usage
from tests.cases.words.rounding import cumulative
from tests.cases.words.times import without_date


def scenario_of(case: Case) -> Words:
    """The scenario as a file would say it. Raises UnknownField, or NotYet with what is missing."""
    if sessions.has_operations(case.usage):
        return sessions.scenario_of_operations(case.given, case.usage, case.expect)
    if refunds.has_refunds(case.usage):
        return refunds.scenario_of_refunds(case.given, case.usage, case.expect)
    _refuse_unknown(case)
    _refuse_later(case)
    draft = Draft(notes=case.notes)
    usage.read_usage(draft, case.usage)
    given.read_given(draft, Fields(case.given, "given"))
    if draft.asked and not draft.holders:
        raise NotYet("several accounts")
    if any("cumulative_quantity" in event for event in case.usage):
        cumulative(draft)
    _charge_nothing(draft)
    expect.read_expect(draft, Fields(case.expect, "expect"))
    return document(draft)


def _parts(case: Case) -> list[tuple[str, dict[str, Any], Any]]:
    return [
        ("given", case.given, given),
        *(("usage", event, usage) for event in case.usage),
        ("expect", case.expect, expect),
    ]


def _refuse_unknown(case: Case) -> None:
    unknown = [
        f"{part}.{name}"
        for part, held, by in _parts(case)
        for name in held
        if without_date(name) not in by.known_fields()
    ]
    if unknown or case.unknown:
        raise UnknownField(", ".join([*case.unknown, *unknown]))


def _refuse_later(case: Case) -> None:
    for _, held, by in _parts(case):
        for name in held:
            if name in by.LATER:
                raise NotYet(by.LATER[name])


def _charge_nothing(draft: Draft) -> None:
    """Usage of nothing is a charge of nothing, or of what is due at once."""
    if any(event.is_nothing for event in draft.events):
        for plan in draft.plans:
            plan.offer["zero_usage"] = "charge"
