"""Run a scenario through the running system: Kafka in, ClickHouse out, the same `then`.

Each scenario has a tenant of its own. A step is sent when the one before it has ended as it did in
memory, so that the order of things is the scenario's; what is expected is compared with what is
stored, not with memory.
"""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from confluent_kafka import Producer
from msgspec.structs import replace

from connectors.clickhouse.client import Database
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.scenario.commands import (
    account_commands,
    step_command,
)
from infra.scenario.compare import differences
from infra.scenario.core import CoreRun
from infra.scenario.form import ScenarioForm
from infra.scenario.messages import TOPIC, message_of, with_platforms
from infra.scenario.outcome import meant
from infra.scenario.requests import VERBS
from infra.scenario.step_form import AccountForm, StepForm
from infra.scenario.stored import PROBE, StoredOutcome
from streams.model.catalog import Catalog
from streams.model.command import Command
from streams.model.instant import DAY
from streams.partition import partition_of

_EVER: Final = 36_500
"""Days: the past of a scenario is never too old, its months never close."""
_POLL_S: Final = 0.25
_NAMES: Final = 1_000
"""Tenant names that are tried; one move leads as it should under every second or fourth of them."""


def why_not_live(form: ScenarioForm) -> str | None:
    """Why the scenario can only run in memory; None: it can run live."""
    if form.core_only is not None:
        return form.core_only
    if form.given.time is not None:
        return "it sets the partition's time"
    for name in ("tick", "advance", "redeliver", "discard", "message", *VERBS):
        if any(getattr(step, name) is not None for step in form.when):
            return f"a running system does not take {name} from a scenario"
    return None


def live_tenant(form: ScenarioForm, catalog: Catalog, *, base: str, partitions: int) -> str:
    """A tenant name with which each move leads away from its partition as it does in memory."""
    roots = {each.account: each.root or each.account for each in form.given.accounts}
    moves: list[tuple[str, str]] = []
    for step in form.when:
        if step.move_account is not None:
            account, to = step.move_account.account, step.move_account.to
            moves.append((roots.get(account, account), to))
            roots[account] = to
    count = form.given.partitions
    wanted = _leads_away(catalog.tenant, moves, count)
    for number in range(_NAMES):
        name = f"{base}-{number}" if number else base
        if wanted == _leads_away(name, moves, partitions) == _leads_away(name, moves, count):
            return name
    return base


def _leads_away(tenant: str, moves: list[tuple[str, str]], partitions: int) -> list[bool]:
    return [
        partition_of(tenant, old, partitions) != partition_of(tenant, new, partitions)
        for old, new in moves
    ]


class LiveRun:
    """One scenario in a running system. `run` gives the differences."""

    def __init__(
        self,
        form: ScenarioForm,
        catalog: Catalog,
        *,
        tenant: str,
        kafka: KafkaSettings,
        clickhouse: ClickHouseSettings,
    ) -> None:
        own = replace(catalog, tenant=tenant, source_platforms=(), grace=_EVER * DAY)
        self._form = form
        self._name = catalog.tenant
        self._plain = own
        self._catalog = with_platforms(own, window_days=_EVER)
        self._kafka = kafka
        self._clickhouse = clickhouse
        self._accounts: dict[str, AccountForm] = {}

    def run(self, *, patience_s: float = 60.0) -> list[str]:
        """Run it; raises Unavailable where an engine is away."""
        tenant = self._catalog.tenant
        with Database(self._clickhouse) as database, CommandSender(self._kafka) as sender:
            stored = StoredOutcome(database, tenant, named=self._name)
            version = publish(self._kafka, self._catalog)
            activate(self._kafka, tenant=tenant, version=version)
            producer = new_producer(self._kafka)
            for account in self._form.given.accounts:
                self._send(sender, self._put(account, -1))
            self._probe(producer, stored, patience_s)
            core = CoreRun(self._form, self._plain)
            for number, expected in enumerate(core.steps()):
                self._take(self._form.when[number], number, producer=producer, sender=sender)
                if not _wait(partial(_has_ended, stored, expected), patience_s):
                    return [disagreement(number, _meant(expected), _meant(stored.ends()))]
            zones = {name: account.time_zone for name, account in self._accounts.items()}
            found: list[str] = []

            def holds() -> bool:
                found[:] = differences(self._form.then, stored.gather(zones))
                return not found

            _wait(holds, patience_s)
            return found

    def _take(
        self, step: StepForm, number: int, *, producer: Producer, sender: CommandSender
    ) -> None:
        if step.usage is not None:
            message = message_of(step.usage, catalog=self._catalog, offset=number)
            self._produce(producer, message.value)
        else:
            self._send(sender, self._commands(step, number))

    def _commands(self, step: StepForm, number: int) -> list[Command]:
        tenant = self._catalog.tenant
        if step.account is not None:
            return self._put(step.account, number)
        return [step_command(step, self._accounts, tenant=tenant, number=number)]

    def _put(self, form: AccountForm, number: int) -> list[Command]:
        self._accounts[form.account] = form
        return list(account_commands(form, tenant=self._catalog.tenant, step=number))

    def _send(self, sender: CommandSender, commands: list[Command]) -> None:
        sender.wait(sender.send(commands), timeout_s=60.0)

    def _produce(self, producer: Producer, value: bytes) -> None:
        topic = f"{self._kafka.prefix}{Topic(TOPIC)}"
        producer.produce(topic, value, key=self._catalog.tenant.encode())
        producer.flush(30.0)

    def _probe(self, producer: Producer, stored: StoredOutcome, patience_s: float) -> None:
        """Ask with records of nothing until one is understood, and so ignored."""
        sent = 0
        ask_at = 0.0

        def is_read() -> bool:
            nonlocal sent, ask_at
            if time.monotonic() >= ask_at:
                self._produce(producer, self._probe_event(sent))
                sent, ask_at = sent + 1, time.monotonic() + 2.0
            return stored.is_read()

        _wait(is_read, patience_s)

    def _probe_event(self, number: int) -> bytes:
        usage_type = self._catalog.usage_types[0]
        event = {
            "specversion": "1.0",
            "id": f"{PROBE}{number}",
            "source": "scenario",
            "type": f"{self._catalog.tenant}.{usage_type.id}",
            "subject": "nobody",
            "time": "2025-01-01T00:00:00Z",
            "data": {
                "until": "2025-01-01T00:00:00Z",
                "units": dict.fromkeys(usage_type.units, 0),
                "attributes": {},
            },
        }
        return msgspec.json.encode(event)


_Ends = Counter[tuple[str, str]]


def _has_ended(stored: StoredOutcome, expected: _Ends) -> bool:
    """True where all has ended that has in memory; what time alone brings may have come besides."""
    return not _meant(expected) - _meant(stored.ends())


def _meant(ends: _Ends) -> _Ends:
    found: _Ends = Counter()
    for (event_id, verdict), count in ends.items():
        found[meant(event_id), verdict] += count
    return found


def disagreement(number: int, expected: _Ends, found: _Ends) -> str:
    """What a step has not led to, and what it has led to instead."""
    missing, beyond = (
        ", ".join(" ".join(end) for end in sorted(ends.elements())) or "nothing"
        for ends in (expected - found, found - expected)
    )
    return f"step {number + 1}: in memory also {missing}; here also {beyond}"


def _wait(is_so: Callable[[], bool], patience_s: float) -> bool:
    """Wait until a condition holds; False where it did not in time."""
    give_up_at = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(_POLL_S)
    return True
