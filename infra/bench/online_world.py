"""A worker on one core with accounts that ask at its door, and accounts that a batch load uses."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal

from connectors.kafka.commands import CommandSender
from infra.bench.callers import Asking, Callers, Calls
from infra.bench.cores import CpuMeter, measured_cores, on_cores, other_cores
from infra.bench.doorway import READY_S, Doorway, address_of, new_key, prepaid
from infra.bench.measuring import Amount, Tell, per_second, plan_of, run_worker
from infra.bench.preload import WORKER, WORKER_PROGRAM, preload, prepare
from infra.bench.site import Site
from infra.bench.steady import steady_load
from infra.load.plan import Workload
from infra.load.population import AI_TENANT
from streams.model.instant import HOUR

ACCOUNTS = 1_000
MANY, HOT, DRY, KEPT, KEPT_HOT = "many", "hot", "dry", "kept", "kept_hot"
NAMES = (MANY, HOT, DRY, KEPT, KEPT_HOT)
"""What accounts that ask begin with; those of the batch load have other names."""
_PLAN = "prepaid"
_PLENTY, _LITTLE = Decimal(1_000_000), Decimal("0.2")


@dataclass(frozen=True, kw_only=True)
class OnlineAmount:
    """How much is measured. `flush`: each ledger record is on disk before it is acknowledged."""

    seconds: float = 10.0
    flush: bool = False
    events: int = 100_000
    """By so many the worker's capacity for usage is measured."""
    accounts: int = 1_000
    """And by so many that use."""

    @property
    def usage(self) -> Amount:
        """The batch load."""
        return Amount(events=self.events, accounts=self.accounts)


class OnlineWorld:
    """The accounts, in the ledger; and how fast the worker charges usage."""

    def __init__(self, site: Site, amount: OnlineAmount, tell: Tell) -> None:
        usage = amount.usage
        self.site = site
        self.amount = amount
        self.tell = tell
        tell(f"how fast {usage.events:,} events of {usage.accounts:,} accounts are charged")
        self._start = time.time_ns() // 1000 - HOUR
        prepare(site, accounts=usage.accounts, at=self._start, flush=amount.flush)
        self._key = new_key(site)
        preload(site.kafka, plan_of(Workload.API, usage, self._start))
        self.capacity_per_s = per_second(run_worker(site, usage.events))

    @contextmanager
    def worker(self) -> Iterator["OnlineWorker"]:
        """Start the worker that is measured, and give the accounts that ask their money.

        This process keeps off its core meanwhile.
        """
        child = self.site.start(WORKER, program=WORKER_PROGRAM, cores=measured_cores())
        address = address_of(self.site)
        self.tell(f"{ACCOUNTS:,} accounts with money")
        with closing(CommandSender(self.site.kafka)) as sender:
            for name in NAMES:
                money = _LITTLE if name == DRY else _PLENTY
                for number in range(ACCOUNTS if name in (MANY, KEPT) else 1):
                    account = prepaid(AI_TENANT, f"{name}-{number}", plan=_PLAN, money=money)
                    sent = sender.send(account)
            sender.wait(sent, timeout_s=READY_S)
        door = Doorway(address=address, tenant=AI_TENANT, key=self._key)
        with on_cores(other_cores()), closing(CpuMeter(child.identity.pid)) as meter:
            yield OnlineWorker(door, meter)
        self.site.stop(WORKER)

    def load(self, per_second: float) -> AbstractContextManager[None]:
        """Usage of the other accounts while this is open, so many events a second."""
        usage = self.amount.usage
        return steady_load(
            self.site,
            per_second=per_second,
            accounts=usage.accounts,
            start=self._start,
            seed=usage.seed + 1,
        )


class OnlineWorker:
    """The worker while it runs: what its callers see, and what it spends."""

    def __init__(self, door: Doorway, meter: CpuMeter) -> None:
        self.meter = meter
        self._callers = Callers(door)

    def ask(self, askings: Sequence[Asking], seconds: float) -> list[Calls]:
        """Have groups of callers ask at the same time. Raises ConnectionError."""
        return self._callers.ask(askings, seconds)

    def cpu_us(self, calls: Calls, *, rest: float) -> float:
        """Microseconds of CPU an answer, beside so many CPU seconds a second for all else."""
        first, last = calls.warm
        spent = self.meter.between(first, last) - rest * (last - first)
        return round(spent * 1e6 / (calls.answered().per_s * (last - first)), 1)

    def cpu_now(self, began: float, ended: float) -> float:
        """CPU seconds a second between two times, in seconds since 1970."""
        return self.meter.between(began, ended) / (ended - began)
