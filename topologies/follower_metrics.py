"""Every number that sink, dispatcher and keeper tell; like `metrics.py`, without its framework.

`process` is the name of the process, `topic` the broker's name of the topic.
"""

from collections import Counter as Tally
from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from connectors.kafka.progress import Progress

POSITION: Final = Gauge(
    "vivace_follower_position",
    "Offset up to which a topic is stored, or sent on",
    ["process", "topic", "partition"],
)
"""Does it move?"""

LAG: Final = Gauge(
    "vivace_follower_lag_messages",
    "Messages that are not yet stored, or sent on",
    ["process", "topic", "partition"],
)
"""How old is what tables and outgoing topics show?"""

ROWS: Final = Counter("vivace_sink_rows_total", "Rows stored, repeats counted again", ["table"])
"""How fast does each table grow?"""

INSERT_S: Final = Histogram(
    "vivace_sink_insert_seconds",
    "From sending an insert to its acknowledgement, retries included",
    ["table"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
)
"""Is the database slow, or away?"""

RETRIES: Final = Counter("vivace_sink_insert_retries_total", "Inserts sent again", ["table"])
"""Does the database say no, or nothing? Repeats do no harm, but somebody should look."""

SENT: Final = Counter(
    "vivace_sent_messages_total", "Messages committed on outgoing topics", ["process", "topic"]
)
"""What do dispatcher and keeper tell the world?"""

TRANSACTION_S: Final = Histogram(
    "vivace_transaction_seconds",
    "From the first message of a transaction to its commit",
    ["process"],
    buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
"""Is the broker slow to commit?"""

DELIVERED: Final = Counter(
    "vivace_webhooks_delivered_total", "Webhooks that their receiver has taken", ["receiver"]
)
"""Does the receiver hear of alerts?"""

GIVEN_UP: Final = Counter(
    "vivace_webhooks_given_up_total", "Webhooks kept on `undelivered`", ["receiver"]
)
"""Is a receiver away for longer than we try?"""

SUSPENDED: Final = Gauge("vivace_suspended_records", "Records that wait for a fact")
"""How much usage cannot be charged yet?"""


def observe_progress(process: str, progress: Iterable[Progress]) -> None:
    """Bring positions and lags up to date."""
    for at in progress:
        labels = (process, at.topic, str(at.partition))
        POSITION.labels(*labels).set(at.position)
        LAG.labels(*labels).set(at.lag)


def observe_sent(process: str, topics: Iterable[str], took_s: float) -> None:
    """A transaction with a message on each of these topics is committed."""
    TRANSACTION_S.labels(process).observe(took_s)
    for topic, count in Tally(topics).items():
        SENT.labels(process, topic).inc(count)


def serve(port: int) -> None:
    """Serve all metrics on the loopback interface; nothing where the port is 0."""
    if port:
        start_http_server(port, addr="127.0.0.1")
