"""The Faust app of one agent: our transport, our agent class, and the settings that matter.

Each kind of agent is a consumer group of its own, so that a mediation worker that comes or goes
does not pause charging, and one process may run either or both. Membership is dynamic: a worker
that ends leaves its group at once.
"""

from typing import Any, Final

import faust

from connectors.errors import Refused
from connectors.kafka.client import describe_topics, session_timeout_min_ms
from connectors.kafka.topics import MESSAGE_BYTES_MAX, Topic
from connectors.settings import KafkaSettings
from topologies.stage import WorkerOptions, WorkerParts
from topologies.transport.agent import FailStopAgent
from topologies.transport.transport import SCHEME, register

_MIB: Final = 1024 * 1024

REQUEST_BYTES_MAX: Final = MESSAGE_BYTES_MAX + 64 * 1024
"""The client's limit leaves room for framing around the largest message."""


def build_app(agent: str, parts: WorkerParts, *, records_max: int) -> Any:
    """A Faust app for one agent, which joins the consumer group `<prefix>vivace-<agent>`.

    `records_max` bounds the records of one batch.
    """
    kafka, folder, options = parts.kafka, parts.folder, parts.options
    register()
    return faust.App(
        f"{kafka.prefix}vivace-{agent}",
        broker=[f"{SCHEME}://{address.strip()}" for address in kafka.bootstrap.split(",")],
        Agent=f"{FailStopAgent.__module__}:{FailStopAgent.__qualname__}",
        key_serializer="raw",
        value_serializer="raw",
        datadir=folder / f"faust-{agent}",
        # Tables and web views of Faust are not used; the web server would listen on all interfaces.
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        # More than none keeps Faust's own assignor, which lets partitions stay where they are.
        table_standby_replicas=1,
        broker_commit_interval=options.commit_s,
        broker_session_timeout=options.session_timeout_s,
        broker_heartbeat_interval=options.heartbeat_s,
        broker_rebalance_timeout=10.0,
        broker_request_timeout=20.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=2 * _MIB,
        broker_max_poll_records=records_max,
        stream_buffer_maxsize=4096,
        producer_linger=0,
        producer_request_timeout=20.0,
        producer_max_request_size=REQUEST_BYTES_MAX,
        producer_max_batch_size=_MIB,
    )


def shared_topics(kafka: KafkaSettings) -> dict[str, int]:
    """Topics that every worker follows, each with one partition."""
    shared = (Topic.CATALOG, Topic.ACCOUNTS, Topic.OWNERS)
    return {f"{kafka.prefix}{topic}": 1 for topic in shared}


def check_topics(kafka: KafkaSettings, wanted: dict[str, int]) -> dict[str, str]:
    """The Kafka ids of the topics. `wanted` names each with the partitions it must have at least.

    Raises Refused, naming every topic that is missing or too small.
    """
    found = describe_topics(kafka, sorted(wanted))
    problems = []
    for name, partitions in sorted(wanted.items()):
        if name not in found:
            problems.append(f"topic {name} does not exist")
        elif found[name].partitions < partitions:
            problems.append(
                f"topic {name} has {found[name].partitions} partitions, {partitions} are needed"
            )
    if problems:
        raise Refused("; ".join(problems))
    return {name: facts.topic_id for name, facts in found.items()}


def check_exact_partitions(kafka: KafkaSettings, names: list[str]) -> None:
    """Topics of the owners must have exactly the number that accounts are routed by."""
    for name, facts in describe_topics(kafka, names).items():
        if facts.partitions != kafka.partitions:
            raise Refused(
                f"topic {name} has {facts.partitions} partitions, but accounts are routed over"
                f" {kafka.partitions}; this number is fixed when the topic is made"
            )


def check_session(kafka: KafkaSettings, options: WorkerOptions) -> None:
    """A shorter session than the broker accepts would leave the worker idle without an error."""
    shortest_ms = session_timeout_min_ms(kafka)
    if shortest_ms is not None and options.session_timeout_s * 1000 < shortest_ms:
        raise Refused(
            f"session time-out of {options.session_timeout_s:g} s is below the broker's minimum of"
            f" {shortest_ms / 1000:g} s (group.min.session.timeout.ms)"
        )
