"""A dispatcher or keeper that is killed at a named point of its work; run as a process by tests.

    python -m tests.topologies.doomed BOOTSTRAP PREFIX PARTITIONS dispatcher|keeper POINT PASS

POINT is `<method> before|after` of the transaction's writer, or a step's name; at the PASS-th time
the process kills itself, as `kill -9` would. With POINT `none` it works until nothing is left.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from connectors import steps
from connectors.kafka.avro import AvroCodec
from connectors.kafka.transactions import PositionedWriter
from connectors.settings import KafkaSettings
from topologies import dispatcher
from topologies.keeper import Keeper

POINTS = (
    "begin before",
    "begin after",
    "produce after",
    "dispatcher_after_produce",
    "end before",
    "end after",
)
QUIET_TURNS = 4


class Doom:
    """Kills the process at the wanted pass of the wanted point."""

    def __init__(self, point: str, at_pass: int) -> None:
        self._point = point
        self._left = at_pass

    def hear(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, name: str) -> None:
        method: Callable[..., Any] = getattr(PositionedWriter, name)

        def watched(*args: Any, **options: Any) -> Any:
            self.hear(f"{name} before")
            result = method(*args, **options)
            self.hear(f"{name} after")
            return result

        setattr(PositionedWriter, name, watched)


def main() -> None:
    bootstrap, prefix, partitions, kind, point, at_pass = sys.argv[1:]
    settings = KafkaSettings(bootstrap=bootstrap, prefix=prefix, partitions=int(partitions))
    doom = Doom(point, int(at_pass))
    for name in ("begin", "produce", "end"):
        doom.watch(name)
    steps.observe(doom.hear)
    turn = _dispatching(settings) if kind == "dispatcher" else _keeping(settings)
    quiet = 0
    while quiet < QUIET_TURNS:
        quiet = 0 if turn() else quiet + 1


def _dispatching(settings: KafkaSettings) -> Callable[[], int]:
    dispatcher.RECORDS_MAX = 16
    working = dispatcher.Dispatcher(settings, AvroCodec())
    return lambda: working.step(timeout_s=0.2)


def _keeping(settings: KafkaSettings) -> Callable[[], int]:
    keeper = Keeper(settings)
    return lambda: keeper.turn(timeout_s=0.2)


if __name__ == "__main__":
    main()
