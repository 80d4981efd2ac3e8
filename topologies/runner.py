"""The mediation chain over a fetch of messages, without Kafka: agents and the simulation call it.

decode → match, parse, filter, split, enrich → one look-up of all services → guide → batches. Every
record of every message ends in exactly one of batches, commands or refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from streams.mediate import Mediated, Refusal
from streams.model.account import Service
from streams.model.command import Command
from streams.model.event import Arrival
from streams.model.instant import Instant
from streams.model.refused import RefusedRecord
from streams.model.usage import UsageBatch, UsageRecord
from streams.outcome import Reject
from streams.partition import RootPartitions
from streams.route import find_root, sole_root
from streams.sources import MediationPlans
from topologies.fetch import Fetch
from topologies.reject_limit import RejectGauge, RejectLimit
from topologies.release import Release


class SourceMessage(Struct, gc=False):
    """A message as the broker gave it; `timestamp` is the broker's time of it."""

    offset: int
    timestamp: Instant
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class Directory(Protocol):
    """What mediation knows of services, as of an offset of topic `accounts`."""

    @property
    def position(self) -> int:
        """The offset reflected, -1 for none."""

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        """The services of (tenant, service id) pairs, at least as new as `position` was before."""


@dataclass(slots=True)
class MediationOutput:
    """What a fetch became: by partition of `charging`, and what was not passed on.

    `closed` are suspended records that ended in mediation when they were released, under the id
    they were suspended by; they go to `suspense` beside their entry in `refused`.
    """

    batches: dict[int, list[UsageBatch]] = field(default_factory=dict)
    commands: dict[int, list[Command]] = field(default_factory=dict)
    refused: list[RefusedRecord] = field(default_factory=list)
    closed: list[RefusedRecord] = field(default_factory=list)


class MediationRunner:
    """Runs fetches through the chain. `plans` is put anew when a catalog comes into force."""

    def __init__(
        self,
        *,
        plans: MediationPlans,
        directory: Directory,
        partitions: int,
        limit: RejectLimit,
        engine: str,
    ) -> None:
        self.plans = plans
        self._directory = directory
        self._partitions = partitions
        self._partitions_of: dict[str, RootPartitions] = {}
        self._gauge = RejectGauge(limit)
        self._engine = engine

    def run(
        self, messages: Sequence[SourceMessage], *, topic: str, topic_id: str, partition: int
    ) -> MediationOutput:
        """A fetch of a source topic. Raises TooManyRejects, and what the directory raises."""
        return self.run_arrivals([_arrival(each, topic, topic_id, partition) for each in messages])

    def run_arrivals(self, arrivals: Sequence[Arrival]) -> MediationOutput:
        """The same for messages that have been given their place already."""
        fetch = self._begin()
        fetch.take(arrivals)
        batches = self._guide(fetch)
        self._gauge.taken(len(arrivals))
        return MediationOutput(batches=batches, refused=fetch.refused)

    def _begin(self) -> Fetch:
        # Read before the look-up: what is found is at least as new as the position told.
        position = self._directory.position
        return Fetch(self.plans, self._gauge, engine=self._engine, reference=position)

    def _guide(self, fetch: Fetch) -> dict[int, list[UsageBatch]]:
        """Find the roots of all records by one look-up, and group them by partition."""
        passed = fetch.passed
        keys = [(each.plan.tenant, each.event.service_id) for each in passed]
        services = self._directory.lookup(keys) if keys else []
        partitions_of = self._partitions_of
        groups: dict[tuple[int, str, str, int], list[UsageRecord]] = {}
        for each, service in zip(passed, services, strict=True):
            arrival, plan = each.arrival, each.plan
            try:
                record = _guide_record(each, service)
            except Exception as error:
                fetch.fail(arrival, error)
                continue
            if type(record) is Reject:
                fetch.refuse(arrival, Refusal("guide", record, plan, None, each.event))
                continue
            partitions = partitions_of.get(plan.tenant)
            if partitions is None:
                partitions = RootPartitions(plan.tenant, self._partitions)
                partitions_of[plan.tenant] = partitions
            target = partitions[record.root]
            group = (target, plan.version, arrival.topic_id, arrival.partition)
            known = groups.get(group)
            if known is None:
                groups[group] = [record]
            else:
                known.append(record)
        return _batches(groups)

    def run_released(
        self, messages: Sequence[SourceMessage], *, topic: str, topic_id: str, partition: int
    ) -> MediationOutput:
        """A fetch of topic `release`: raw records go through the chain again as they first came.

        Harmonised records were suspended by their owner; they only look for their root again. Both
        go there as commands and keep their source position, so that their home knows them.
        """
        return self.run_released_arrivals(
            [_arrival(each, topic, topic_id, partition) for each in messages]
        )

    def run_released_arrivals(self, arrivals: Sequence[Arrival]) -> MediationOutput:
        """The same for messages that have been given their place already."""
        fetch = self._begin()
        release = Release(fetch)
        for arrival in arrivals:
            release.take(arrival)
        batches = self._guide(fetch)
        services = self._directory.lookup(release.keys())
        commands = release.commands(services, partitions=self._partitions)
        release.again(batches, commands)
        self._gauge.taken(len(arrivals))
        return MediationOutput({}, commands, fetch.refused, release.closed(batches))


def _arrival(message: SourceMessage, topic: str, topic_id: str, partition: int) -> Arrival:
    return Arrival(
        topic,
        topic_id,
        partition,
        message.offset,
        0,
        message.timestamp,
        message.value or b"",
        message.headers,
    )


def _guide_record(mediated: Mediated, service: Service | None) -> UsageRecord | Reject:
    """The record that leaves for its account root."""
    arrival, plan, event = mediated.arrival, mediated.plan, mediated.event
    tenant, occurred_at = plan.tenant, event.occurred_at
    root = sole_root(service, occurred_at)
    if root is None:
        service_id = event.service_id
        found = find_root(service, tenant=tenant, service_id=service_id, occurred_at=occurred_at)
        if type(found) is Reject:
            return found
        root = found
    return UsageRecord(
        plan.record_id(event.source, event.event_id),
        tenant,
        event.source,
        event.event_id,
        0,
        arrival.offset,
        arrival.index,
        plan.usage_type,
        event.service_id,
        root,
        occurred_at,
        event.ended_at,
        event.usages,
        event.attributes,
    )


def _batches(
    groups: dict[tuple[int, str, str, int], list[UsageRecord]],
) -> dict[int, list[UsageBatch]]:
    batches: dict[int, list[UsageBatch]] = {}
    for (target, version, topic_id, partition), records in groups.items():
        batch = UsageBatch(topic_id, partition, version, tuple(records))
        batches.setdefault(target, []).append(batch)
    return batches
