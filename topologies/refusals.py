"""What mediation did not pass on, as it leaves: the record's place, its bytes, and why."""

from typing import Final, Literal

from msgspec.structs import replace

from streams.mediate import Refusal
from streams.model.event import Arrival
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, record_id_of
from streams.outcome import Drop, Reject, Verdict, verdict_of

RAW_BYTES_MAX: Final = 6 * 1024 * 1024
"""The most of a message's bytes that leaves with its refusal, so that it fits its topic."""

State = Literal["suspended", "error", "ignored"]

_STATES: Final[dict[Verdict, State]] = {
    Verdict.SUSPENDED: "suspended",
    Verdict.ERROR: "error",
    Verdict.IGNORED: "ignored",
}


def refuse(arrival: Arrival, refusal: Refusal, *, reference: int, engine: str) -> RefusedRecord:
    """The record that leaves for a refusal; its identity as far as it can be told."""
    plan, event = refusal.plan, refusal.event
    source, event_id = _identity(refusal, arrival)
    tenant = plan.tenant if plan else ""
    code, field, lacks = _words(refusal.outcome)
    return RefusedRecord(
        record_id=_record_id(tenant, source, event_id, arrival),
        tenant=tenant,
        source=source,
        event_id=event_id,
        position=position_of(arrival),
        topic=arrival.topic,
        state=_STATES[verdict_of(refusal.outcome)],
        code=code,
        stage=refusal.stage,
        detail=refusal.outcome.detail,
        field=field,
        lacks=lacks,
        reference=reference,
        service_id=event.service_id if event else "",
        occurred_at=event.occurred_at if event else 0,
        recorded_at=arrival.recorded_at,
        catalog_version=plan.version if plan else "",
        engine=engine,
        raw=arrival.raw[:RAW_BYTES_MAX],
        headers=tuple((name, value or b"") for name, value in arrival.headers),
    )


def refuse_again(
    original: RefusedRecord, reject: Reject, *, reference: int, engine: str
) -> RefusedRecord:
    """A released record that still cannot go on: as it was, with what is known now."""
    return replace(
        original,
        state=_STATES[verdict_of(reject)],
        code=reject.reason.value,
        stage="guide",
        detail=reject.detail,
        field=reject.field,
        lacks=reject.lacks,
        reference=reference,
        engine=engine,
    )


def position_of(arrival: Arrival) -> SourcePosition:
    """The source position of an arrival."""
    return SourcePosition(arrival.topic_id, arrival.partition, arrival.offset, arrival.index)


def _words(outcome: Drop | Reject) -> tuple[str, str, str]:
    if isinstance(outcome, Reject):
        return outcome.reason.value, outcome.field, outcome.lacks
    return outcome.reason.value, "", ""


def _identity(refusal: Refusal, arrival: Arrival) -> tuple[str, str]:
    if refusal.event is not None:
        return refusal.event.source, refusal.event.event_id
    if refusal.plan is None or refusal.plain is None:
        return "", ""
    identity = refusal.plan.identify(refusal.plain, arrival)
    return ("", "") if isinstance(identity, Reject) else identity


def _record_id(tenant: str, source: str, event_id: str, arrival: Arrival) -> bytes:
    """What has no identity of its own is known by its place."""
    if not event_id:
        source = arrival.topic_id
        event_id = f"{arrival.partition}/{arrival.offset}/{arrival.index}"
    return record_id_of(tenant=tenant, source=source, event_id=event_id, part=0)
