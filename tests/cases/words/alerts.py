"""Levels on a value that usage raises: which of them fire, each by itself."""

from decimal import Decimal
from typing import Any, Final

from tests.cases.draft import CUSTOMER, Draft, Event, text_of
from tests.cases.fields import Fields, NotYet, each

_THRESHOLD: Final = "reached"


def thresholds(draft: Draft, given: Fields) -> None:
    """`thresholds` with `recurring_threshold` and `last_value`: the total of what is used."""
    levels = given.take("thresholds", [])
    recurring = given.take("recurring_threshold")
    last = given.number("last_value")
    words: dict[str, Any] = {"id": _THRESHOLD, "watch": "accumulator", "levels": levels}
    words["resource"] = draft.reference(draft.unit)
    if recurring is not None:
        words["every"] = recurring
    draft.section("thresholds", words)
    _raise_from(draft, last)
    if last:
        _tell_before(draft, [Decimal(level) for level in levels], recurring, last)


def value(draft: Draft, event: Event, value: str) -> None:
    """`value`: what it has come to by then; how much that is more is known once all is read."""
    event.quantity = Decimal(value)


def alerts(draft: Draft, values: list[Any]) -> None:
    """All levels that fired, by the value that they were reached by."""
    for fields in each(values, "expect.alerts"):
        fields.take("from")
        reached = fields.take("to")
        for level in fields.take("thresholds"):
            draft.expect("alerts", _crossed(level, reached))
        fields.done()
    draft.then.setdefault("alerts", [])


def last_value(draft: Draft, value: str) -> None:
    """The total at the end."""
    words = {"account": CUSTOMER, "accumulator": draft.reference(draft.unit)}
    month = draft.events[-1].at.strftime("%Y-%m")
    draft.expect("accumulators", words | {"month": month, "total": value})


def _raise_from(draft: Draft, last: Decimal) -> None:
    held = last
    for event in draft.events:
        raised = event.quantity or Decimal(0)
        if raised < held:
            raise NotYet("a value that falls")
        event.quantity, held = raised - held, raised
    if last:
        first = draft.events[0]
        prior = Event(id="before", at=first.at.replace(hour=0), quantity=last, is_prior=True)
        draft.events.insert(0, prior)


def _tell_before(draft: Draft, levels: list[Decimal], recurring: Any, last: Decimal) -> None:
    """What the value before has reached already."""
    reached = [level for level in sorted(levels) if level <= last]
    if recurring is not None and levels:
        level = max(levels) + Decimal(recurring)
        while level <= last:
            reached.append(level)
            level += Decimal(recurring)
    for level in reached:
        draft.expect("alerts", _crossed(text_of(level), text_of(last)))


def _crossed(level: str, reached: str) -> dict[str, str]:
    return {"threshold": _THRESHOLD, "kind": "crossed", "level": level, "value": reached}
