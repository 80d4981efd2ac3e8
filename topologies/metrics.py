"""Every number a worker tells, declared once, each with the question that it answers.

Names follow Prometheus' habits: units last, `_total` for what only rises. A process serves them on
a loopback port where one is set; docs/reference/metrics.md lists them.
"""

from typing import Any, Final

import structlog
from faust.exceptions import ConsumerNotStarted
from prometheus_client import Counter, Gauge, Histogram, start_http_server

_log = structlog.get_logger()

READ: Final = Counter(
    "vivace_mediation_messages_total", "Messages read from source topics", ["topic"]
)
"""Is usage coming in, and from where?"""

PASSED: Final = Counter(
    "vivace_mediation_records_total", "Records sent on to their accounts' partitions"
)
"""How much of what came in is on its way to be charged?"""

REFUSED: Final = Counter(
    "vivace_mediation_refused_total", "Records that mediation did not pass on", ["state", "code"]
)
"""What is wrong with what comes in: a source gone bad shows as one code rising."""

MEDIATION_S: Final = Histogram(
    "vivace_mediation_batch_seconds",
    "From taking a batch to the acknowledgement of all its outputs",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
"""Is the broker slow to acknowledge?"""

ANSWERS: Final = Counter(
    "vivace_online_answers_total", "Requests of the online door answered", ["verb", "code"]
)
"""What do callers get: are they served, cut or refused?"""

SESSION_COMMANDS: Final = Counter(
    "vivace_session_commands_total", "What running sessions were told", ["action", "cause"]
)
"""Are sessions slowed down or ended, and by whom?"""

STREAMS: Final = Gauge("vivace_session_streams", "Streams of session commands that are open here")
"""Do gateways listen?"""

OFFERED: Final = Counter(
    "vivace_charging_messages_total", "Messages of `charging` offered to partition owners"
)
"""Is charging being fed?"""

OWNED: Final = Gauge("vivace_charging_partitions", "Partitions this worker owns and has open")
"""Does every partition have an owner, and how many has each worker?"""
STANDBYS: Final = Gauge(
    "vivace_charging_standbys", "Partitions of other workers that this one keeps warm"
)
"""How many partitions would be served at once, should their worker die?"""

APPENDS: Final = Counter("vivace_ledger_appends_total", "Ledger records acknowledged")
"""How many steps are taken: divided into records, how large a step is."""

APPEND_BYTES: Final = Counter("vivace_ledger_append_bytes_total", "Bytes of those records")
"""How fast does the ledger grow?"""

APPEND_S: Final = Histogram(
    "vivace_ledger_append_seconds",
    "From sending a ledger record to its acknowledgement",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
"""The floor under every step and every online answer."""

LAG: Final = Gauge(
    "vivace_source_lag_messages", "Messages after the last acknowledged one", ["topic", "partition"]
)
"""How far behind are we?"""

TRIMMED: Final = Counter(
    "vivace_source_trimmed_offsets_total",
    "Offsets that retention removed before they were read",
    ["topic"],
)
"""Was anything lost before it was read? This must stay 0."""

REBALANCES: Final = Counter("vivace_rebalances_total", "Assignments of partitions", ["agent"])
"""Do workers come and go without reason?"""

DIRECTORY_POSITION: Final = Gauge(
    "vivace_accounts_position", "Offset of topic `accounts` that look-ups reflect"
)
"""Does mediation know the newest accounts?"""


def count_trimmed(partition: Any, missing: int, first: int) -> None:
    """The log begins at `first`, and `missing` was to be read."""
    _log.error("usage lost to retention", source=str(partition), missing=missing, first=first)
    TRIMMED.labels(partition.topic).inc(first - missing)


def observe_lag(consumer: Any) -> None:
    """Bring the lag of a Faust consumer's partitions up to date; nothing before it has started."""
    try:
        assigned = consumer.assignment()
    except ConsumerNotStarted:
        return
    for partition in assigned:
        end = consumer.highwater(partition)
        done = consumer.acknowledged_to(partition)
        if end is not None and done is not None:
            LAG.labels(partition.topic, str(partition.partition)).set(max(0, end - done))


def serve(port: int | None) -> None:
    """Serve all metrics on the loopback interface; nothing where no port is set."""
    if port:
        start_http_server(port, addr="127.0.0.1")
