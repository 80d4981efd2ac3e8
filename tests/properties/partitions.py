"""The core on several partitions in memory; messages between them are delivered at once."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Bucket, Payment
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    PutAccount,
    Receipt,
    Relayed,
)
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.partition import partition_of
from streams.rate.plan import Plan
from streams.state import Effects, Table

TENANT, PARTITIONS = "t", 3
PREPAID: Payment = "prepaid"


class Engine:
    """Accounts by their roots, each with a service of its own name under price plan `p`.

    `limits` are the credit limits of those that are postpaid. `refused` counts commands that were
    not carried out.
    """

    def __init__(
        self, plan: Plan, roots: Mapping[str, str], limits: Mapping[str, Decimal] | None = None
    ) -> None:
        plans = {plan.version: plan}
        self.cores = [
            Charging(plans=plans, partitions=PARTITIONS, partition=number)
            for number in range(PARTITIONS)
        ]
        self.states = [MemoryState() for _ in self.cores]
        self.roots = roots
        self.refused = 0
        self._used = 0
        self.everywhere(ActivateCatalog("c", TENANT, plan.version, BEGINNING))
        for account, root in roots.items():
            limit = (limits or {}).get(account)
            payment: Payment = PREPAID if limit is None else "postpaid"
            put = PutAccount(f"a-{account}", TENANT, account, root, payment, "CHF", "UTC", limit)
            self.apply(account, put)
            assign = AssignService(
                f"s-{account}", TENANT, account, account, root, "1", "p", BEGINNING, FOREVER
            )
            self.apply(account, assign)

    def everywhere(self, command: Command) -> None:
        """A command to all partitions."""
        for number in range(PARTITIONS):
            self._apply(number, command)

    def apply(self, account: str, command: Command) -> None:
        """A command to the home of an account."""
        self._apply(self._home(account), command)

    def to_root(self, root: str, command: Command) -> None:
        """A command to the home of a root."""
        self._apply(partition_of(TENANT, root, PARTITIONS), command)

    def use(self, account: str, amount: int, at: Instant) -> None:
        """A record of the account's service: so many units of `u` of usage type `x`."""
        self._used += 1
        number, home = self._used, self._home(account)
        event_id = f"e{number}"
        record_id = record_id_of(tenant=TENANT, source="s", event_id=event_id, part=0)
        record = UsageRecord(
            record_id,
            TENANT,
            "s",
            event_id,
            0,
            number,
            0,
            "x",
            account,
            self.roots[account],
            at,
            at,
            (Usage("u", amount),),
            {},
        )
        effects = Effects()
        position = SourcePosition("t", 0, number, 0)
        state = self.states[home]
        self.cores[home].charge_record(record, position=position, state=state, effects=effects)
        self._settle(home, effects)

    def buckets(self, account: str) -> tuple[Bucket, ...]:
        """What the account holds."""
        state = self.states[self._home(account)]
        held = state.get(Table.BALANCES, f"{TENANT}\0{account}".encode())
        return () if held is None else held.buckets

    def money(self, account: str) -> Decimal:
        """All its money."""
        held = [each.remaining for each in self.buckets(account) if each.resource == "CHF"]
        return sum(map(Decimal, held), Decimal(0))

    def counter(self, name: str, resource: str = "CHF") -> Decimal:
        """A counter-account over all partitions."""
        key = f"{TENANT}\0{name}\0{resource}".encode()
        found = (state.get(Table.COUNTERS, key) for state in self.states)
        return sum((Decimal(each or 0) for each in found), Decimal(0))

    def _home(self, account: str) -> int:
        return partition_of(TENANT, self.roots[account], PARTITIONS)

    def _apply(self, number: int, command: Command) -> None:
        effects = Effects()
        core, state = self.cores[number], self.states[number]
        core.apply_command(command, state=state, effects=effects)
        self._settle(number, effects)

    def _settle(self, number: int, effects: Effects) -> None:
        self.cores[number].settle(self.states[number], effects)
        self.refused += len(effects.verdicts)
        for charge in effects.rated:
            sums: dict[str, Decimal] = defaultdict(Decimal)
            for posting in charge.postings:
                sums[posting.resource] += posting.amount
            assert not any(sums.values()), charge
        for message in effects.outbox:
            self._apply(message.partition, message.command)
            if isinstance(message.command, Relayed):
                self._apply(number, Receipt("receipt", message.partition, message.message_id))
