"""The topics: names, keys, partitions, retention. One word here, in code, docs and screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MESSAGE_BYTES_MAX = 8 * 1024 * 1024
"""The largest message of `charging` and `ledger`."""


class Topic(StrEnum):
    """Logical names; a prefix setting may stand before them on a shared cluster."""

    USAGE = "usage"
    RELEASE = "release"
    CHARGING = "charging"
    LEDGER = "ledger"
    SUSPENSE = "suspense"
    ERRORS = "errors"
    OUTCOMES = "outcomes"
    ALERTS = "alerts"
    UNDELIVERED = "undelivered"
    SESSION_COMMANDS = "session-commands"
    RATED = "rated"
    CATALOG = "catalog"
    ACCOUNTS = "accounts"
    OWNERS = "owners"


@dataclass(frozen=True, kw_only=True)
class TopicSpec:
    """How a topic is made. `partitions` None: the same number as `charging`."""

    description: str
    key: str
    partitions: int | None
    config: Mapping[str, str] = field(default_factory=dict)


_FOREVER = {"retention.ms": "-1", "retention.bytes": "-1"}
_COMPACTED = {"cleanup.policy": "compact"}
_WEEK = str(7 * 24 * 3600 * 1000)
_LARGE = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}

TOPICS: Mapping[Topic, TopicSpec] = {
    Topic.USAGE: TopicSpec(
        description="Usage as sources send it, raw bytes",
        key="the producer's",
        partitions=4,
        config={"message.timestamp.type": "LogAppendTime"},
    ),
    Topic.RELEASE: TopicSpec(
        description="Suspended records on their way through mediation again",
        key="record id",
        partitions=4,
        config=_LARGE,
    ),
    Topic.CHARGING: TopicSpec(
        description="Usage batches and commands of a partition's accounts, in one order",
        key="none, the partition is given",
        partitions=None,
        config=_FOREVER | _LARGE,
    ),
    Topic.LEDGER: TopicSpec(
        description="Acknowledged steps of each partition's owner, the source of truth",
        key="none, the partition is given",
        partitions=None,
        config=_FOREVER | _LARGE,
    ),
    Topic.SUSPENSE: TopicSpec(
        description="Records that wait for a fact, newest state of each until it is closed",
        key="record id and source position",
        partitions=4,
        # Closed entries have a tombstone. As long as `usage` is kept by Kafka's own default, a
        # reader that is behind still finds how they ended.
        config=_COMPACTED | _LARGE | {"min.compaction.lag.ms": _WEEK, "delete.retention.ms": _WEEK},
    ),
    Topic.ERRORS: TopicSpec(
        description="Records that cannot be read",
        key="source position",
        partitions=4,
        config=_FOREVER | _LARGE,
    ),
    Topic.OUTCOMES: TopicSpec(
        description="Records that were ignored by a rule",
        key="source position",
        partitions=4,
        config=_FOREVER,
    ),
    Topic.ALERTS: TopicSpec(
        description="Thresholds crossed and recovered, Avro",
        key="tenant and account",
        partitions=4,
        config=_FOREVER,
    ),
    Topic.UNDELIVERED: TopicSpec(
        description="Alerts that a receiver of webhooks did not take: as on `alerts`, with headers",
        key="tenant and account",
        partitions=1,
        config=_FOREVER,
    ),
    Topic.SESSION_COMMANDS: TopicSpec(
        description="What gateways are told of the charging sessions that they hold, Avro",
        key="tenant and account",
        partitions=4,
        config={},
    ),
    Topic.RATED: TopicSpec(
        description="Charges, Avro, for consumers outside",
        key="tenant and account",
        partitions=4,
        config={},
    ),
    Topic.CATALOG: TopicSpec(
        description="Catalog versions in chunks",
        key="tenant, version, chunk",
        partitions=1,
        config=_COMPACTED | _LARGE,
    ),
    Topic.ACCOUNTS: TopicSpec(
        description="Accounts and services as the ledger knows them",
        key="tenant and object",
        partitions=1,
        config=_COMPACTED,
    ),
    Topic.OWNERS: TopicSpec(
        description="Who owns which partition, who is ready for which catalog",
        key="worker",
        partitions=1,
        # Written at the broker's time, so that who is alive, and our own clock, can be judged.
        config=_COMPACTED | {"message.timestamp.type": "LogAppendTime"},
    ),
}
