"""The stranger's producer as a child: start it, read how far it is, wait for its end."""

import json
import subprocess
import sys
import threading
from typing import Any

from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.errors import CannotStart
from infra.load.plan import LoadPlan

_END_WITHIN_S = 60.0


class Load:
    """A running producer program; it is told a broker's address and a topic's name."""

    def __init__(self, kafka: KafkaSettings, plan: LoadPlan) -> None:
        self.sent = 0
        """Messages that the broker has acknowledged so far."""
        self.counts: dict[str, int] = {}
        """At the end: records by kind."""
        faults = ("late", "doubled", "broken", "unknown", "unpriced", "filtered")
        given = {fault: getattr(plan, fault) for fault in faults} | {
            "bootstrap": kafka.bootstrap,
            "topic": f"{kafka.prefix}{Topic.USAGE}",
            "events": plan.events,
            "workload": plan.workload,
            "seed": plan.seed,
            "accounts": plan.accounts,
            "start": plan.start,
            "span": plan.span,
            "catalog": plan.catalog,
        }
        command = [sys.executable, "-m", "infra.demo.producer"]
        for name, value in given.items():
            command += [f"--{name}", str(value)]
        self._program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            read: Any = json.loads(line)
            if isinstance(read, int):
                self.sent = read
            else:
                self.counts = read

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self._program.poll() is None

    def finish(self) -> dict[str, int]:
        """Wait for its end; its counts. Raises CannotStart with its last words if it failed."""
        code = self._program.wait(_END_WITHIN_S)
        self._reader.join(_END_WITHIN_S)
        if code:
            assert self._program.stderr is not None
            raise CannotStart(f"The producer failed.\n{self._program.stderr.read()[-2000:]}")
        return self.counts

    def stop(self) -> None:
        """End it if it still runs."""
        if self.is_running:
            self._program.terminate()
            self._program.wait(_END_WITHIN_S)
