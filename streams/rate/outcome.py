"""What a record does to its session: an outcome's rules, compiled."""

from typing import Any, Literal

from msgspec import Struct

from streams.expression import Failure, compile_expression
from streams.model.money import Quantity, added
from streams.model.session import (
    EVENTS,
    LAST,
    QUANTITIES,
    ChargedOutcome,
    OutcomeRule,
    SessionTally,
)
from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating

Became = Literal["open", "resolved", "reopened", "unchanged"]
Counted = tuple[dict[str, int], dict[str, Quantity]]
"""Events by what happened, and quantities by unit."""


class Turn(Struct, frozen=True):
    """What a record does to its session; `charged` is what stood charged before it."""

    became: Became
    counted: Counted
    charged: ChargedOutcome | None


class CompiledOutcome:
    """The outcome of one usage type, ready to judge its sessions by."""

    __slots__ = ("_events", "_reopened", "_resolved", "_units", "rule")

    def __init__(self, rule: OutcomeRule, units: tuple[str, ...]) -> None:
        self.rule = rule
        self._resolved = compile_expression(rule.resolved)
        self._reopened = None if rule.reopened is None else compile_expression(rule.reopened)
        self._events = dict.fromkeys(rule.events, 0)
        self._units: dict[str, Quantity] = dict.fromkeys(units, 0)

    def name_of(self, rating: Rating) -> str | Reject:
        """The record's session; one that names none cannot be counted."""
        rule = self.rule
        name = rating.record.attributes.get(rule.session, "")
        return name or Reject(
            RejectReason.MISSING_FIELD,
            f"outcome {rule.id} goes by attribute {rule.session}, which the record does not have",
            field=rule.session,
        )

    def judge(self, rating: Rating, tally: SessionTally | None) -> Turn | Reject:
        """What the record does to its session, which so far was `tally`."""
        charged = None if tally is None else tally.charged
        if tally is None or charged is None:
            return self._judge_open(rating, self._count(rating, tally), None)
        counted = self._count(rating, tally)
        if self._reopened is not None:
            reopened = self._truth(self._reopened(self._plain(rating, counted)), "reopened")
            if reopened is True:
                return Turn("reopened", ({}, {}), charged)
            if reopened is not False:
                return reopened
        start = rating.period.start
        if not self.rule.monthly or start <= charged.period_start:
            return Turn("unchanged", counted, charged)
        begins_anew = tally.last_at < start
        return self._judge_open(
            rating, self._count(rating, None) if begins_anew else counted, charged
        )

    def _judge_open(
        self, rating: Rating, counted: Counted, charged: ChargedOutcome | None
    ) -> Turn | Reject:
        resolved = self._truth(self._resolved(self._plain(rating, counted)), "resolved")
        if isinstance(resolved, Reject):
            return resolved
        return Turn("resolved" if resolved else "open", counted, charged)

    def _count(self, rating: Rating, tally: SessionTally | None) -> Counted:
        """Events and quantities with this record; without a tally, of this record alone."""
        events = dict(self._events if tally is None else tally.events)
        quantities = dict(self._units if tally is None else tally.quantities)
        happened = rating.record.attributes.get(self.rule.event, "")
        if happened in self._events:
            events[happened] = events.get(happened, 0) + 1
        for usage in rating.record.usages:
            held = quantities.get(usage.unit, 0)
            quantities[usage.unit] = added(held, usage.quantity)
        return events, quantities

    def _plain(self, rating: Rating, counted: Counted) -> dict[str, Any]:
        """What expressions see. A newer catalog may ask for what the session has not counted."""
        events, quantities = counted
        return {
            EVENTS: self._events | events,
            QUANTITIES: self._units | quantities,
            LAST: rating.record.attributes.get(self.rule.event, ""),
        }

    def _truth(self, value: Any, word: str) -> bool | Reject:
        if value is True or value is False:
            return bool(value)
        cause = value.cause if isinstance(value, Failure) else f"{value!r:.60} is no truth"
        return Reject(RejectReason.RULE_FAILED, f"{word} of outcome {self.rule.id}: {cause}")
