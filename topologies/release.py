"""Suspended records on their way through mediation again, with their first place and identity."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from connectors.errors import Refused
from connectors.kafka.codec import decode_record, decode_refused
from streams.mediate import Refusal
from streams.model.account import Service
from streams.model.command import Command, Released
from streams.model.event import Arrival
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outcome import Reject, RejectReason
from streams.partition import partition_of
from streams.route import find_root
from topologies.fetch import Fetch


class Release:
    """Sorts released records: raw ones into the fetch, harmonised ones into commands."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._raw: list[RefusedRecord] = []
        self._causes: dict[SourcePosition, str] = {}
        self._harmonised: list[tuple[RefusedRecord, UsageRecord, str]] = []

    def take(self, place: Arrival) -> None:
        """Take one message of topic `release` in. Raises TooManyRejects."""
        try:
            original = decode_refused(place.raw)
            record = decode_record(original.record) if original.record is not None else None
        except Refused as refused:
            # Nobody but the keeper writes this topic: what is none of ours is told and left.
            reject = Reject(RejectReason.NOT_PARSABLE, str(refused))
            self._fetch.refuse(place, Refusal("decode", reject))
            return
        cause = f"release/{place.topic_id}/{place.partition}/{place.offset}"
        if original.raw is None and record is not None:
            self._harmonised.append((original, record, cause))
            return
        self._raw.append(original)
        self._causes[original.position] = cause
        self._fetch.take((_first_arrival(original),))

    def keys(self) -> list[tuple[str, str]]:
        """The services that the harmonised records need, in their order."""
        return [
            (record.tenant, record.service_id) for _original, record, _cause in self._harmonised
        ]

    def commands(
        self, services: Sequence[Service | None], *, partitions: int
    ) -> dict[int, list[Command]]:
        """Harmonised records to the homes that `services` (as asked by `keys`) name."""
        commands: dict[int, list[Command]] = {}
        for (original, record, cause), service in zip(self._harmonised, services, strict=True):
            root = find_root(
                service,
                tenant=record.tenant,
                service_id=record.service_id,
                occurred_at=record.occurred_at,
            )
            if type(root) is Reject:
                self._fetch.refuse_again(original, root)
                continue
            target = partition_of(record.tenant, root, partitions)
            commands.setdefault(target, []).append(_released(original, record, root, cause))
        return commands

    def again(
        self, batches: Mapping[int, Sequence[UsageBatch]], commands: dict[int, list[Command]]
    ) -> None:
        """Records that passed the chain again, added to the commands one by one.

        As plain usage their home would take them for our own redelivery and stay silent. Each has
        a command of its own: another fetch may bring them together with others.
        """
        for partition, listed in batches.items():
            known = commands.setdefault(partition, [])
            known.extend(
                Released(self._cause_of(batch, record), replace(batch, records=(record,)))
                for batch in listed
                for record in batch.records
            )

    def _cause_of(self, batch: UsageBatch, record: UsageRecord) -> str:
        at = SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
        released = self._causes.get(at)
        return released or f"release/{at.topic_id}/{at.partition}/{at.offset}/{at.index}"

    def closed(self, batches: Mapping[int, Sequence[UsageBatch]]) -> list[RefusedRecord]:
        """Suspended entries that nobody else will close, under the id they were suspended by.

        These are records that ended in mediation, and those suspended before their identity could
        be told, which go on under another id.
        """
        ended = {refused.position: refused for refused in self._fetch.refused}
        going_on = {
            SourcePosition(batch.topic_id, batch.partition, record.offset, record.index): record
            for listed in batches.values()
            for batch in listed
            for record in batch.records
        }
        closed: list[RefusedRecord] = []
        for original in self._raw:
            refused, record = ended.get(original.position), going_on.get(original.position)
            if refused is not None and refused.state != "suspended":
                closed.append(replace(refused, record_id=original.record_id))
            elif refused is not None and refused.record_id != original.record_id:
                closed.append(_gone_on(original, refused.record_id))
            elif record is not None and record.record_id != original.record_id:
                closed.append(_gone_on(original, record.record_id))
        return closed


def _first_arrival(original: RefusedRecord) -> Arrival:
    at = original.position
    return Arrival(
        original.topic,
        at.topic_id,
        at.partition,
        at.offset,
        at.index,
        original.recorded_at,
        original.raw or b"",
        original.headers,
    )


def _released(original: RefusedRecord, record: UsageRecord, root: str, cause: str) -> Released:
    at = original.position
    batch = UsageBatch(
        at.topic_id, at.partition, original.catalog_version, (replace(record, root=root),)
    )
    return Released(cause, batch)


def _gone_on(original: RefusedRecord, record_id: bytes) -> RefusedRecord:
    detail = f"goes on as record {record_id.hex()}"
    return replace(original, state="charged", detail=detail)
