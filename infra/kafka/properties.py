"""The broker's settings: one node, loopback only, quick to restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.kafka.topics import MESSAGE_BYTES_MAX
from infra.ports import LOOPBACK

_FRAME_BYTES = 64 * 1024
"""Room for a record batch's own header and the record's headers around the largest message."""

_SINGLE_NODE = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    # Ten years: the dispatcher's and the keeper's positions are worth as much as their outputs.
    "offsets.retention.minutes": "5256000",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "min.insync.replicas": "1",
    "default.replication.factor": "1",
}
_QUICK_RESTART = {
    # A broker that was killed comes back after this time. Shorter, and a controller that waits for
    # its core takes its own broker for dead, and all groups lose their coordinator.
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "3000",
    "controller.quorum.election.timeout.ms": "300",
    "controller.quorum.fetch.timeout.ms": "1000",
    "num.recovery.threads.per.data.dir": "2",
}
_SMALL = {
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.replica.fetchers": "1",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.segment.bytes": str(256 * 1024 * 1024),
    "log.index.size.max.bytes": str(2 * 1024 * 1024),
    "metadata.log.segment.bytes": str(64 * 1024 * 1024),
}


@dataclass(frozen=True, kw_only=True)
class BrokerPlace:
    """Where a broker keeps its log and listens."""

    directory: Path
    port: int
    controller_port: int


def server_properties(place: BrokerPlace) -> Mapping[str, str]:
    """Return the settings of the one node that is broker and controller.

    Topics are made by us alone, so a misspelt name is an error and not a new topic.
    """
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{place.controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{place.port},"
        f"CONTROLLER://{LOOPBACK}:{place.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{place.port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(place.directory),
        "auto.create.topics.enable": "false",
        "delete.topic.enable": "true",
        "message.max.bytes": str(MESSAGE_BYTES_MAX + _FRAME_BYTES),
        "replica.fetch.max.bytes": str(MESSAGE_BYTES_MAX + _FRAME_BYTES),
        **_SINGLE_NODE,
        **_QUICK_RESTART,
        **_SMALL,
    }


def render(properties: Mapping[str, str]) -> str:
    """Write settings in the form that Java's Properties read."""
    return "".join(f"{name}={value}\n" for name, value in properties.items())
