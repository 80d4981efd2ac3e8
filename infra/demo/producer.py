"""A source of usage as a customer would write it: it knows a broker's address and a topic's name.

Nothing of the engine is used to send: `confluent_kafka.Producer` and bytes. It is a program of its
own (`python -m infra.demo.producer`); while it runs it writes how many messages the broker has
acknowledged, one number a line, and at the end one JSON line with the counts by kind.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as Delivered

from infra.load.messages import messages
from infra.load.plan import LoadPlan, Message, Workload

_REPORT_EVERY_S = 0.2
_SLICE = 500


class Sender:
    """Sends messages and counts what the broker acknowledged."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.acknowledged = 0
        self.failed = 0
        self.kinds: Counter[str] = Counter()
        self._topic = topic
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 20,
                "queue.buffering.max.messages": 100_000,
            }
        )

    def send(self, message: Message) -> None:
        """Queue one message; waits while the client's queue is full."""
        self.kinds.update(message.kinds)
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    message.value,
                    key=message.key,
                    headers=list(message.headers) or None,
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def poll(self) -> None:
        """Take in acknowledgements."""
        self._producer.poll(0)

    def finish(self, timeout_s: float = 60) -> None:
        """Wait until every message is acknowledged or has failed."""
        self._producer.flush(timeout_s)

    def _delivered(self, error: KafkaError | None, message: Delivered) -> None:
        del message
        if error is None:
            self.acknowledged += 1
        else:
            self.failed += 1


def send_all(plan: LoadPlan, sender: Sender, *, per_second: int) -> Iterator[int]:
    """Send the plan's messages, at most `per_second` (0: no bound).

    Yields how many are acknowledged, a few times a second and at the end.
    """
    began = reported = time.monotonic()
    for number, message in enumerate(messages(plan)):
        sender.send(message)
        if number % _SLICE:
            continue
        sender.poll()
        elapsed = time.monotonic() - began
        if per_second and number > elapsed * per_second:
            time.sleep(number / per_second - elapsed)
        if time.monotonic() - reported > _REPORT_EVERY_S:
            reported = time.monotonic()
            yield sender.acknowledged
    sender.finish()
    yield sender.acknowledged


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="host:port of a broker")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--workload", type=Workload, default=Workload.MIXED)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--start", type=int, required=True, help="microseconds since 1970 UTC")
    parser.add_argument("--span", type=int, required=True, help="microseconds")
    parser.add_argument("--catalog", default="", help="an example catalog, not the workload")
    parser.add_argument("--per-second", type=int, default=0)
    for fault in ("late", "doubled", "broken", "unknown", "unpriced", "filtered"):
        parser.add_argument(f"--{fault}", type=int, default=0, help="of a thousand events")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    wanted = vars(_arguments(argv))
    sender = Sender(wanted.pop("bootstrap"), wanted.pop("topic"))
    per_second = wanted.pop("per_second")
    for acknowledged in send_all(LoadPlan(**wanted), sender, per_second=per_second):
        sys.stdout.write(f"{acknowledged}\n")
        sys.stdout.flush()
    counts = {"acknowledged": sender.acknowledged, "failed": sender.failed, **sender.kinds}
    json.dump(counts, sys.stdout)
    sys.exit(1 if sender.failed else 0)


if __name__ == "__main__":
    main()
