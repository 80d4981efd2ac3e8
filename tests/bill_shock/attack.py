"""The running system with travellers in it, under attack."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Final

from connectors import clock
from connectors.clickhouse.client import Database
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.ledger import LedgerFollower
from connectors.kafka.topics import Topic
from infra.bench.crash import ROUNDS
from infra.bench.preload import known_facts, make_place
from infra.bench.progress import ledger_positions
from infra.bench.site import Site
from infra.ports import free_port, is_free
from streams.model.instant import DAY, HOUR, Instant
from tests.bill_shock.recompute import Recomputed
from tests.bill_shock.roaming import Sent, Usage, tariff, travellers
from tests.crash.harness import SETTLED_WITHIN_S, Harness, committed_messages
from tests.exactness.log import Record, inputs_of, read_partition

VICTIMS: Final = ("mediation", "charging", "sink", "dispatcher")
SPAN: Final[Instant] = 5 * DAY
_KNOWN_WITHIN_S: Final = 120.0
_FLUSH_S: Final = 120.0


class Attack(Harness):
    """Travellers roam for five days, while processes die; `events` is how often they do."""

    def __init__(self, site: Site, *, accounts: int, events: int, seed: int = 1) -> None:
        super().__init__(site, seed=seed, accounts=accounts)
        self._step = SPAN // events
        self._start = clock.now() - SPAN - HOUR
        self._usage = Usage(accounts=accounts, seed=seed)
        self._producer = new_producer(site.kafka, {"linger.ms": 20})

    @property
    def sent(self) -> int:
        """How many different events have been sent."""
        return self._usage.made

    def open(
        self, bugs: dict[str, str] | None = None, *, processes: Sequence[str] = VICTIMS
    ) -> None:
        """Start the processes, with the tariff and its travellers."""
        self._bugs = bugs or {}
        make_place(self.site)
        for name in (*processes, "keeper"):
            self.start(name)
        catalog, kafka = tariff(), self.site.kafka
        activate(kafka, tenant=catalog.tenant, version=publish(kafka, catalog))
        with CommandSender(kafka) as sender:
            sender.send(travellers(self._accounts))
        self.site.wait(self.site.charged, "accounts charged", within_s=_KNOWN_WITHIN_S)
        facts = 2 * self._accounts + 1
        self.site.wait(
            lambda: known_facts(kafka) >= facts, "accounts told", within_s=_KNOWN_WITHIN_S
        )

    def open_registry(self) -> str:
        """Let strangers ask for schemas: where."""
        port = free_port()
        self.site.start("gateway", extra={"VIVACE_API_PORT": str(port)})
        self.site.wait(lambda: not is_free(port), "schemas served", within_s=_KNOWN_WITHIN_S)
        return f"http://127.0.0.1:{port}"

    def send(self, events: int) -> None:
        """Send the next events of the five days."""
        self.produce(self._usage.messages(events, lambda n: self._start + n * self._step))
        assert self._producer.flush(_FLUSH_S) == 0

    def produce(self, messages: Iterable[Sent]) -> None:
        """Produce messages to topic `usage`, as their senders would."""
        topic = f"{self.site.kafka.prefix}{Topic.USAGE}"
        for message in messages:
            while True:
                try:
                    self._producer.produce(topic, message.value, key=message.key)
                except BufferError:
                    self._producer.poll(0.05)
                else:
                    break
            self._producer.poll(0)

    def strike_named(self) -> None:
        """Let each process die at each of its named steps."""
        for deaths in ROUNDS:
            chosen = {name: step for name, step in deaths.items() if name in VICTIMS}
            for name, step in chosen.items():
                self.die(name, step, count=1 + self.rng.randrange(3))
            self.await_deaths({name: str(step) for name, step in chosen.items()})

    def strike(self, name: str) -> None:
        """Kill a process, wherever it is, and start it again."""
        self.kill(name)
        self.start(name)

    def settle(self) -> None:
        """Wait until nothing is on its way, and every alert of the ledger is on its topic."""
        within = SETTLED_WITHIN_S + self.sent / 500
        self.site.wait(self._is_done, "all charged", within_s=within)
        raised = self._raised()
        self.site.wait(
            lambda: committed_messages(self.site, Topic.ALERTS) >= raised,
            f"{raised} alerts dispatched",
            within_s=within,
        )

    def _is_done(self) -> bool:
        return self.site.mediated() and self.site.charged()

    def _raised(self) -> int:
        """How many alerts the ledger's valid records hold."""
        ends, count = ledger_positions(self.site.kafka), 0
        with closing(LedgerFollower(self.site.kafka, dict.fromkeys(ends, -1))) as follower:
            while any(follower.positions()[number] < end for number, end in ends.items()):
                count += sum(len(valid.record.alerts) for valid in follower.poll())
        return count

    def overrun(self) -> Mapping[str, object]:
        """What stands on counter-account `overrun`, and by account what it owes."""
        with Database(self.site.clickhouse) as database:
            ((overrun,),) = database.query(
                "SELECT sum(total) FROM counters FINAL WHERE ledger_account = 'overrun'"
            )
            owed = database.query(
                "SELECT account, -sum(remaining) FROM balance_buckets GROUP BY account"
            )
        return {"overrun": overrun, "borne": {row[0]: row[1] for row in owed}}

    def recomputed(self) -> list[Recomputed]:
        """Every partition's usage in its order, computed again."""
        kafka, found = self.site.kafka, []
        for number in range(kafka.partitions):
            again = Recomputed()
            topic = f"{kafka.prefix}{Topic.CHARGING}"
            for _, message in read_partition(kafka.bootstrap, topic, number):
                for given in inputs_of(message):
                    if isinstance(given, Record):
                        again.take(given)
            found.append(again)
        return found


def by_rule(warned: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many of each (threshold, kind)."""
    return {f"{name} {kind}": n for (name, kind), n in sorted(Counter(warned).items())}
