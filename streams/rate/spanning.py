"""Who pays for a record within which that changes: by the word of its usage type.

Every object on the way to the payer is looked at from the record's start to its end: the
assignment of the service, its statuses and those of the account. A change at the very end lies
outside. An assignment that goes on under the same account, subscription and plan is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from streams.model.catalog import AtChange
from streams.model.instant import Instant, format_instant
from streams.model.multi_rate import PARTS
from streams.model.usage import Usage, UsageRecord, record_id_of
from streams.outcome import Reject, RejectReason
from streams.rate.guide import JUDGED, Elsewhere, Guide
from streams.rate.payer import Payer
from streams.rate.plan import Plan
from streams.rate.quantity import divided
from streams.rate.ranked_guide import new_guide
from streams.rate.time_unit import Segment
from streams.route import lacks_service
from streams.state import State


@dataclass(frozen=True, slots=True)
class Cut:
    """The record is charged in parts: from its start to the first of these times, and so on."""

    times: tuple[Instant, ...]


class SpanningGuide:
    """Finds payers as `inner` does, and what changes before a record has ended."""

    __slots__ = ("_inner", "_words", "plan")

    def __init__(self, inner: Guide) -> None:
        self.plan = inner.plan
        self._inner = inner
        self._words = inner.plan.at_change

    def payer_of(
        self, record: UsageRecord, state: State, paying: object = None
    ) -> Payer | Elsewhere | Reject | Cut:
        """The payer of the whole record, or where it is cut."""
        payer = self._inner.payer_of(record, state, paying)
        if not isinstance(payer, Payer) or record.ended_at <= payer.end:
            return payer
        word = self._words.get(record.usage_type)
        if word is None:
            return payer
        judged = paying if paying is JUDGED else None
        return self._within(record, payer, word, state, judged)

    def _within(
        self, record: UsageRecord, payer: Payer, word: AtChange, state: State, judged: object
    ) -> Payer | Reject | Cut:
        times: list[Instant] = []
        before = payer
        while before.end < record.ended_at:
            at = before.end
            found = self._inner.payer_of(replace(record, occurred_at=at), state, judged)
            if isinstance(found, Reject):
                return found if word == "split" else _spans_change(record, at, found.lacks)
            if isinstance(found, Elsewhere) or found.assignment.root != payer.assignment.root:
                return _spans_change(record, at)
            if _named(found) != _named(before):
                if word == "suspend" or len(times) == PARTS - 2:
                    return _spans_change(record, at)
                times.append(at)
            before = found
        return Cut(tuple(times)) if times else payer


def parts_of(record: UsageRecord, cut: Cut) -> Iterator[UsageRecord]:
    """Its parts, each with its share of every quantity by time; no other record's id is theirs."""
    edges = (record.occurred_at, *cut.times, record.ended_at)
    spans = [Segment("", start, end) for start, end in pairwise(edges)]
    shares = [divided(usage.quantity, spans) for usage in record.usages]
    for place, span in enumerate(spans):
        number = record.part * PARTS + place + 1
        yield replace(
            record,
            record_id=record_id_of(
                tenant=record.tenant, source=record.source, event_id=record.event_id, part=number
            ),
            part=number,
            occurred_at=span.start,
            ended_at=span.end,
            usages=tuple(
                Usage(usage.unit, share[place])
                for usage, share in zip(record.usages, shares, strict=True)
            ),
        )


def guide_for(plan: Plan) -> Guide | SpanningGuide:
    """The guide of a plan: where every record counts by its start, no end is looked at."""
    guide = new_guide(plan)
    return SpanningGuide(guide) if plan.at_change else guide


def _named(payer: Payer) -> tuple[str, str, str]:
    return payer.assignment.account, payer.assignment.subscription, payer.price_plan


def _spans_change(record: UsageRecord, at: Instant, lacks: str = "") -> Reject:
    return Reject(
        RejectReason.SPANS_CHANGE,
        f"service {record.service_id} changes at {format_instant(at)},"
        f" the usage ends at {format_instant(record.ended_at)}",
        field="service_id",
        lacks=lacks or lacks_service(record.tenant, record.service_id),
    )
