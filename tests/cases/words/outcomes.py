"""Outcomes: conversations by what happened in them, charged once they are resolved."""

import re
from calendar import month_name
from decimal import Decimal
from typing import Final

from tests.cases.draft import Draft, Event
from tests.cases.fields import Fields, UnknownField

SESSION: Final = "conversation"
HAPPENED: Final = "event"
RULE: Final = "outcome"
_INTERACTIONS: Final = "interactions"
_ANSWER, _CONFIRMED, _EXIT, _MORE_HELP, _HANDOFF, _NOTHING = KINDS = (
    "answer",
    "confirmed",
    "exit",
    "more_help",
    "handoff",
    "nothing",
)
_KIND_OF: Final = (
    (re.compile(r"greet|^nothing$"), _NOTHING),
    (re.compile(r"human|hand|escalat|team"), _HANDOFF),
    (re.compile(r"more help|reopen|not |again|back"), _MORE_HELP),
    (re.compile(r"confirm|resolved|thank"), _CONFIRMED),
    (re.compile(r"exit|leave|left|end|no reply"), _EXIT),
    (re.compile(r"answer|repl"), _ANSWER),
    (re.compile(r"question|ask|open|start"), _NOTHING),
)
"""By words that an event's name has: what it is. The first counts."""
MONTHS: Final = tuple(name.lower() for name in month_name if name)


def outcome(draft: Draft, given: Fields) -> None:
    """`outcome`, its `unit_amount`, and the `rule` that says how often one is charged.

    A conversation is resolved when the customer confirms, or leaves after an answer, without having
    asked for more help since or having been handed to a person. Either of these takes it back.
    """
    name = given.take("outcome")
    rule = given.take("rule", "")
    if "at most one" not in rule:
        raise UnknownField(f"given.rule: {rule!r}")
    given.take("period")
    at_most = {"per": "session"}
    if "period" in rule or "month" in rule:
        at_most["every"] = "month"
    draft.unit = name
    draft.section(
        "outcomes",
        {
            "id": name,
            "usage_type": "usage",
            "unit": name,
            "session": SESSION,
            "event": HAPPENED,
            "events": list(KINDS),
            "resolved": (
                f'last == "{_CONFIRMED}" || last == "{_EXIT}"'
                f" && count.{_ANSWER} > count.{_MORE_HELP} && count.{_HANDOFF} == 0"
            ),
            "reopened": f'last in ["{_MORE_HELP}", "{_HANDOFF}"]',
            "at_most": at_most,
        },
    )
    draft.plan.rows.append({"per_unit": {"amounts": {name: given.take("unit_amount")}}})


def conversation(draft: Draft, event: Event, value: str) -> None:
    """`conversation`: the session."""
    event.attributes[SESSION] = value
    event.attributes[HAPPENED] = kind_of(event.attributes.get(HAPPENED, _NOTHING))
    event.units[_INTERACTIONS] = Decimal(1)


def happened(draft: Draft, event: Event, value: str) -> None:
    """`event`: what happened in a conversation; what it is by its words, where they say so."""
    event.attributes[HAPPENED] = value if SESSION not in event.attributes else kind_of(value)


def kind_of(text: str) -> str:
    """What an event is, by the words of its name."""
    for words, kind in _KIND_OF:
        if words.search(text.lower()):
            return kind
    raise UnknownField(f"usage.event: {text!r}")


def outcomes(draft: Draft, value: str) -> None:
    """How many outcomes are charged."""
    draft.sum(rule=RULE, quantity=value)


def in_month(name: str, draft: Draft, value: str) -> None:
    """What is charged in a month, of the year that its events are in."""
    number = MONTHS.index(name) + 1
    years = {event.at.year for event in draft.now if event.at.month == number}
    if len(years) != 1:
        raise UnknownField(f"expect.{name}: {len(years)} years have events in it")
    draft.sum(month=f"{years.pop()}-{number:02d}", amount=value)
