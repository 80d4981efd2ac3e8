"""Run a scenario in memory: the mediation chain and the charging core, without an engine.

What suspense does in a running system is done here after each command: what waits is tried again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from connectors.catalog.compile import compile_plan
from infra.scenario.commands import (
    account_commands,
    step_command,
)
from infra.scenario.form import ScenarioForm
from infra.scenario.messages import TOPIC, instant, message_of, with_platforms
from infra.scenario.outcome import Outcome, Refused
from infra.scenario.requests import Asked, charging_request, request_of, session_of
from infra.scenario.step_form import AccountForm, MessageForm, StepForm
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Account, Accumulators, Service
from streams.model.catalog import Catalog
from streams.model.charging_session import Verb
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    Command,
    DiscardSuspended,
    OutboxMessage,
    Receipt,
    Relayed,
    Released,
    Tick,
)
from streams.model.instant import BEGINNING
from streams.model.rated import RatedUsage
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.partition import partition_of
from streams.ranges import RangeBook, ranges_over
from streams.sources import MediationPlans
from streams.state import CatalogMarks, Effects, Table
from topologies.reject_limit import RejectLimit
from topologies.runner import MediationRunner, SourceMessage

_TOPIC_ID = "scenario"


class _Partition:
    def __init__(self, number: int, plans: Any, partitions: int) -> None:
        self.number = number
        self.state = MemoryState()
        self.core = Charging(plans=plans, partitions=partitions, partition=number)


class CoreRun:
    """One scenario in memory. `run` gives what came out."""

    def __init__(self, form: ScenarioForm, catalog: Catalog) -> None:
        self._form = form
        self._tenant = catalog.tenant
        self._catalog = catalog
        plan = compile_plan(with_platforms(catalog))
        count = form.given.partitions
        self._partitions = [_Partition(n, {plan.version: plan}, count) for n in range(count)]
        self._messages: dict[str, SourceMessage] = {}
        self._ends: dict[SourcePosition, Refused | list[RatedUsage]] = {}
        self._waiting: dict[SourcePosition, SourceMessage | UsageRecord] = {}
        self._outcome = Outcome()
        self._accounts: dict[str, AccountForm] = {}
        self._offset = 0
        self._sequences: Counter[str] = Counter()
        marks = {self._tenant: CatalogMarks(((BEGINNING, plan.version),))}
        self._runner = MediationRunner(
            plans=MediationPlans({plan.version: plan.mediation}, marks),
            directory=self,
            partitions=count,
            limit=RejectLimit(),
            engine="scenario",
        )
        self._everywhere(ActivateCatalog("activate", self._tenant, plan.version, BEGINNING))

    position = 0
    """The directory's offset: here it always knows everything."""

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        """The services by (tenant, service id), from all partitions."""
        return [self._seen(tenant, service_id) for tenant, service_id in keys]

    def _seen(self, tenant: str, service_id: str) -> Service | None:
        book = RangeBook()
        for part in self._partitions:
            for each in ranges_over(tenant, service_id, part.state):
                merged = self._service(f"{tenant}\0{each.service_id}".encode())
                assert merged is not None
                book.put(merged)
        return book.seen(tenant, service_id, self._service(f"{tenant}\0{service_id}".encode()))

    def _service(self, key: bytes) -> Service | None:
        found = [part.state.get(Table.SERVICES, key) for part in self._partitions]
        services = [service for service in found if service is not None]
        if not services:
            return None
        merged = tuple(each for service in services for each in service.assignments)
        first: Service = services[0]
        return replace(first, assignments=merged)

    def run(self) -> Outcome:
        """Do all that is given and happens, and gather what came out."""
        for _ in self.steps():
            pass
        return self._gather()

    def steps(self) -> Iterator[Counter[tuple[str, str]]]:
        """Do one step after the other; how often each event has ended which way after it."""
        given = self._form.given
        for account in given.accounts:
            self._put_account(account, step=-1)
        if given.time is not None:
            self._everywhere(Tick("given", instant(given.time)))
        for number, step in enumerate(self._form.when):
            self._take(step, number)
            self._try_again()
            yield Counter(
                word
                for end in self._ends.values()
                for word in (
                    [(end.event_id, end.verdict)]
                    if isinstance(end, Refused)
                    else [(charge.record.event_id, "charged") for charge in end]
                )
            )

    def _take(self, step: StepForm, number: int) -> None:
        if step.usage is not None:
            message = message_of(step.usage, catalog=self._catalog, offset=self._next_offset())
            self._messages[step.usage.id] = message
            self._mediate(message, TOPIC)
        elif step.message is not None:
            self._mediate(self._raw(step.message), step.message.topic)
        elif step.redeliver is not None:
            self._mediate(self._messages[step.redeliver], TOPIC)
        elif step.account is not None:
            self._put_account(step.account, step=number)
        elif step.tick is not None:
            self._everywhere(Tick(f"tick/{number}", instant(step.tick)))
        elif step.advance is not None:
            at = instant(step.advance)
            self._everywhere(AdvanceClock(f"advance/{number}", self._tenant, at))
        elif step.discard is not None:
            self._discard(step.discard, number)
        elif (asked := request_of(step)) is not None:
            self._ask(*asked)
        else:
            command = step_command(step, self._accounts, tenant=self._tenant, number=number)
            self._send(command, command.root)

    def _ask(self, verb: Verb, form: Asked) -> None:
        name = session_of(form)
        sequence = getattr(form, "sequence", None) or self._sequences[name] + 1
        self._sequences[name] = max(sequence, self._sequences[name])
        service = self._service(f"{self._tenant}\0{form.service}".encode())
        root = "" if service is None else service.assignments[-1].root
        request = charging_request(verb, form, tenant=self._tenant, root=root, sequence=sequence)
        partition = self._partitions[partition_of(self._tenant, root, len(self._partitions))]
        effects = Effects()
        answer = partition.core.ask(request, state=partition.state, effects=effects)
        partition.core.settle(partition.state, effects)
        self._outcome.answers.append(answer)
        self._absorb(partition, effects)

    def _next_offset(self) -> int:
        self._offset += 1
        return self._offset

    def _raw(self, form: MessageForm) -> SourceMessage:
        headers = [(name, value.encode()) for name, value in form.headers.items()]
        at = instant(form.received_at)
        return SourceMessage(self._next_offset(), at, None, form.text.encode(), headers)

    def _put_account(self, form: AccountForm, *, step: int) -> None:
        self._accounts[form.account] = form
        self._outcome.time_zones[form.account] = form.time_zone
        for command in account_commands(form, tenant=self._tenant, step=step):
            self._send(command, form.root or form.account)

    def _mediate(self, message: SourceMessage, topic: str) -> None:
        output = self._runner.run([message], topic=topic, topic_id=_TOPIC_ID, partition=0)
        for refused in output.refused:
            self._refuse(refused, message)
        for number, batches in output.batches.items():
            for batch in batches:
                self._charge(self._partitions[number], batch)

    def _refuse(self, refused: RefusedRecord, message: SourceMessage) -> None:
        where = refused.position
        self._ends[where] = Refused(refused.event_id, refused.state, refused.code)
        self._waiting.pop(where, None)
        if refused.state == "suspended":
            self._waiting[where] = message

    def _charge(self, partition: _Partition, batch: UsageBatch) -> None:
        effects = Effects()
        for record in batch.records:
            where = SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
            partition.core.charge_record(
                record, position=where, state=partition.state, effects=effects
            )
        partition.core.settle(partition.state, effects)
        self._absorb(partition, effects)

    def _everywhere(self, command: Command) -> None:
        for partition in self._partitions:
            self._apply(partition, command)

    def _send(self, command: Command, root: str) -> None:
        number = partition_of(self._tenant, root, len(self._partitions))
        self._apply(self._partitions[number], command)

    def _apply(self, partition: _Partition, command: Command) -> None:
        effects = Effects()
        partition.core.apply_command(command, state=partition.state, effects=effects)
        partition.core.settle(partition.state, effects)
        self._absorb(partition, effects)

    def _absorb(self, partition: _Partition, effects: Effects) -> None:
        for rated in effects.rated:
            charges = self._ends.get(rated.position)
            if not isinstance(charges, list):
                charges = self._ends[rated.position] = []
            charges.append(rated)
            self._waiting.pop(rated.position, None)
        for verdict in effects.verdicts:
            where, record = verdict.position, verdict.record
            event_id = record.event_id if record else self._event_at(where)
            self._ends[where] = Refused(event_id, str(verdict.verdict), str(verdict.code))
            self._waiting.pop(where, None)
            if verdict.verdict == "suspended" and record is not None:
                self._waiting[where] = record
        self._outcome.alerts += effects.alerts
        self._outcome.signals += effects.signals
        for message in effects.outbox:
            self._deliver(partition, message)

    def _event_at(self, where: SourcePosition) -> str:
        held = self._ends.get(where)
        return held.event_id if isinstance(held, Refused) else ""

    def _deliver(self, sender: _Partition, message: OutboxMessage) -> None:
        receiver = self._partitions[message.partition]
        self._apply(receiver, message.command)
        if isinstance(message.command, Relayed):
            receipt = Receipt("receipt", receiver.number, message.message_id)
            self._apply(sender, receipt)

    def _try_again(self) -> None:
        for where, waiting in list(self._waiting.items()):
            if isinstance(waiting, SourceMessage):
                self._mediate(waiting, TOPIC)
            else:
                batch = UsageBatch(where.topic_id, where.partition, "", (waiting,))
                self._send(Released("release", batch), waiting.root)

    def _discard(self, event_id: str, number: int) -> None:
        for where, waiting in list(self._waiting.items()):
            held = self._ends[where]
            if not isinstance(held, Refused) or held.event_id != event_id:
                continue
            if isinstance(waiting, UsageRecord):
                command = DiscardSuspended(
                    f"discard/{number}",
                    self._tenant,
                    waiting.record_id,
                    waiting.occurred_at,
                    waiting.root,
                    "scenario",
                )
                self._send(command, waiting.root)
            else:
                del self._waiting[where]
                self._ends[where] = Refused(event_id, "ignored", "discarded")

    def _gather(self) -> Outcome:
        outcome = self._outcome
        for end in self._ends.values():
            if isinstance(end, Refused):
                outcome.refused.append(end)
            else:
                outcome.charges += end
        for partition in self._partitions:
            state = partition.state
            accounts: Mapping[bytes, Account] = state.table(Table.ACCOUNTS)
            for key, account in accounts.items():
                if account.moved_to:
                    continue
                for table, held in (
                    (Table.BALANCES, outcome.balances),
                    (Table.ACCUMULATORS, outcome.accumulators),
                ):
                    if (found := state.get(table, key)) is not None:
                        held[account.account] = found
            for key, billed in state.table(Table.BILLED_UNITS).items():
                account_id = key.decode().split("\0")[1]
                for unit in billed.units:
                    outcome.invoices[account_id, unit.start] = unit.invoice
            for key, tally in state.table(Table.TALLIES).items():
                account_id = key.decode().split("\0")[1]
                plain = outcome.accumulators.get(account_id, Accumulators())
                outcome.accumulators[account_id] = Accumulators((*plain.totals, *tally.totals))
            for key, total in state.table(Table.COUNTERS).items():
                _, ledger_account, resource = key.decode().split("\0")
                held_total = outcome.counters.get((ledger_account, resource), Decimal(0))
                outcome.counters[ledger_account, resource] = held_total + Decimal(total)
        return outcome
