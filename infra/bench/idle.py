"""Idle accounts: two years of monthly grants that nobody uses, and what usage feels of them.

Time is told by ticks in the log, a day at a time. At each turn of a month all accounts get their
grant at once; a little later what was left of the old one expires, or rolls over. Accounts that are
used meanwhile must not wait for them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.codec import TABLE_DECODERS
from connectors.kafka.commands import CommandSender
from infra.bench.cores import CpuMeter, measured_cores, on_cores, other_cores
from infra.bench.latency import LASTS_S, SHARE, Latency, paced_latency
from infra.bench.ledger_watch import LedgerWatch
from infra.bench.measuring import Tell, per_second, run_both
from infra.bench.preload import WORKER, WORKER_PROGRAM, known_facts, make_place, preload
from infra.bench.site import Site
from infra.bench.world import example_catalogs
from infra.load.plan import LoadPlan, Workload
from infra.load.population import VOICE_CURRENCY, VOICE_TENANT, commands_of, voice_customer
from streams.model.account import Balances
from streams.model.catalog import Catalog
from streams.model.command import AssignService, Command, PutAccount, Tick
from streams.model.grant import RollOver
from streams.model.instant import DAY, FOREVER, HOUR, MINUTE, Instant, instant_of
from streams.state import Table

GRANTED: Final = 6000
"""Seconds a month."""
ROLLED: Final = 2000
"""As many of them roll over, of every tenth account."""
_ROLLING_EVERY: Final = 10
_NAMED: Final = "idle-"
_ZONE: Final = "UTC"
_NO_TICKS_S: Final = 10**10
"""The keeper's own clock would be years ahead."""
_PUT_WITHIN_S: Final = 300.0
_MORE_FOR_EACH_S: Final = 0.004
_LONG_S: Final = 1000.0


@dataclass(frozen=True, kw_only=True)
class IdleAmount:
    """How much is measured."""

    accounts: int = 100_000
    months: int = 24
    watched: int = 2
    """Months, the last ones, at whose turn usage is measured."""
    users: int = 1000
    events: int = 50_000
    """For the full rate, a third of which is sent at those turns."""
    lasts_s: float = LASTS_S


class IdleResult(Struct, kw_only=True):
    """Seconds from the tick until every idle account has its grant, until all old ones are over.

    `quiet_ms` and `busy_ms` are the time from an event to its balance, before a month's turn and
    while it lasts; `times_quiet` their 99th percentiles' ratio. `wrong` counts accounts whose
    balance is not what the calendar says, and must be 0.
    """

    accounts: int
    months: int
    grants_s_most: float
    grants_s_median: float
    expiries_s_median: float
    us_per_grant: float
    quiet_ms: Latency
    busy_ms: Latency
    times_quiet: float
    wrong: int


def measure_idle(site: Site, amount: IdleAmount, tell: Tell) -> IdleResult:
    """Tell `months` months of time, and measure at their turns."""
    return _Measurement(site, amount, tell).result()


class _Measurement:
    def __init__(self, site: Site, amount: IdleAmount, tell: Tell) -> None:
        self._site = site
        self._amount = amount
        self._tell = tell
        self._starts = month_starts(datetime.now(UTC), amount.months + 1)
        self._grants_s: list[float] = []
        self._cpu_s: list[float] = []
        self._expiries_s: list[float] = []
        self._quiet: list[Latency] = []
        self._busy: list[Latency] = []

    def result(self) -> IdleResult:
        amount = self._amount
        self._furnish()
        rate = self._full_rate() / SHARE
        with ExitStack() as stack:
            watch = stack.enter_context(LedgerWatch(self._site.kafka, named=_NAMED))
            child = self._site.start(WORKER, program=WORKER_PROGRAM, cores=measured_cores())
            meter = CpuMeter(child.identity.pid)
            stack.callback(meter.close)
            for number, start in enumerate(self._starts[1:], 1):
                is_watched = number > amount.months - amount.watched
                self._turn(start, number, watch, meter, rate if is_watched else 0.0)
            wrong = self._wrong(watch)
        self._site.stop(WORKER)
        quiet, busy = (max(each, key=lambda found: found.p99) for each in (self._quiet, self._busy))
        return IdleResult(
            accounts=amount.accounts,
            months=amount.months,
            grants_s_most=round(max(self._grants_s), 1),
            grants_s_median=round(median(self._grants_s), 1),
            expiries_s_median=round(median(self._expiries_s), 1),
            us_per_grant=round(median(self._cpu_s) * 1e6 / amount.accounts, 1),
            quiet_ms=quiet,
            busy_ms=busy,
            times_quiet=round(busy.p99 / quiet.p99, 2),
            wrong=wrong,
        )

    def _furnish(self) -> None:
        amount, site, begin = self._amount, self._site, self._starts[0]
        self._tell(f"{amount.accounts:,} idle accounts, {amount.users:,} that are used")
        make_place(site)
        site.start(WORKER, program=WORKER_PROGRAM)
        site.start("keeper", extra={"VIVACE_TICK_EVERY_S": str(_NO_TICKS_S)})
        catalog = idle_catalog()
        activate(site.kafka, tenant=catalog.tenant, version=publish(site.kafka, catalog))
        everyone = amount.accounts + amount.users
        patience = _PUT_WITHIN_S + everyone * _MORE_FOR_EACH_S
        with CommandSender(site.kafka) as sender:
            sender.send([Tick(f"tick/{begin}", begin)])
            sender.send(_commands(amount, begin))
        site.wait(site.charged, "accounts charged", within_s=patience)
        facts = 2 * everyone + 1
        site.wait(lambda: known_facts(site.kafka) >= facts, "accounts told", within_s=patience)
        site.close()

    def _full_rate(self) -> float:
        plan = self._plan(self._starts[0] + DAY, self._amount.events, lot=0)
        self._tell(f"the full rate of {plan.events:,} events")
        preload(self._site.kafka, plan)
        return per_second(run_both(self._site, plan.events).stretch)

    def _plan(self, start: Instant, events: int, *, lot: int) -> LoadPlan:
        return LoadPlan(
            events=events,
            start=start,
            span=MINUTE,
            workload=Workload.VOICE,
            seed=1 + lot,
            accounts=self._amount.users,
        )

    def _turn(
        self, start: Instant, number: int, watch: LedgerWatch, meter: CpuMeter, rate: float
    ) -> None:
        """Days up to the turn of a month, the turn itself, and the end of the old grants."""
        accounts = self._amount.accounts
        self._tick(*range(self._starts[number - 1] + DAY, start, DAY))
        if rate:
            self._quiet.append(self._usage(start - HOUR, number, watch, rate=rate))
        began, wall = time.monotonic(), time.time()
        granted = watch.made["grant"] + accounts

        def is_going() -> bool:
            return watch.made["grant"] < granted

        self._tick(start)
        if rate:
            self._busy.append(self._usage(start, -number, watch, rate=rate, until=is_going))
        self._site.wait(lambda: not is_going(), "all grants", within_s=_LONG_S)
        self._grants_s.append(time.monotonic() - began)
        if not rate:
            self._cpu_s.append(meter.between(wall, time.time()))
        began, over = time.monotonic(), watch.made["expiry"] + accounts
        self._tick(start + 2 * HOUR)
        self._site.wait(lambda: watch.made["expiry"] >= over, "all over", within_s=_LONG_S)
        self._expiries_s.append(time.monotonic() - began)
        self._tell(
            f"month {number}: {accounts:,} grants in {self._grants_s[-1]:.1f} s, the old ones over"
            f" in {self._expiries_s[-1]:.1f} s"
        )

    def _tick(self, *times: Instant) -> None:
        with CommandSender(self._site.kafka) as sender:
            sender.send([Tick(f"tick/{at}", at) for at in times])

    def _usage(
        self,
        start: Instant,
        lot: int,
        watch: LedgerWatch,
        *,
        rate: float,
        until: Callable[[], bool] | None = None,
    ) -> Latency:
        """Usage at this rate for a while, or as long as `until()` says so."""
        lasts_s = self._amount.lasts_s if until is None else _LONG_S
        plan = self._plan(start, round(rate * lasts_s), lot=lot)
        with on_cores(other_cores()):
            going = until or (lambda: True)
            found = paced_latency(self._site, plan, watch, per_second=rate, going=going)
        self._tell(
            f"usage meanwhile, {found.events_per_s:,} a second: {found.p50} ms, of a hundred one"
            f" {found.p99} ms"
        )
        return found

    def _wrong(self, watch: LedgerWatch) -> int:
        """Accounts that do not hold what the calendar says."""
        return sum(
            watch.balances.get(f"{VOICE_TENANT}\0{_name(number)}".encode()) is None
            or not _is_right(number, watch, self._starts[-1])
            for number in range(self._amount.accounts)
        )


def _is_right(number: int, watch: LedgerWatch, month: Instant) -> bool:
    packed = watch.balances[f"{VOICE_TENANT}\0{_name(number)}".encode()]
    assert packed is not None
    held = TABLE_DECODERS[Table.BALANCES](packed)
    assert isinstance(held, Balances)
    left = [(each.id, each.start, each.remaining) for each in held.buckets if each.remaining]
    rolled = [each for each in left if each[0]]
    wanted = [("", month, GRANTED)]
    if _is_rolling(number):
        return [each for each in left if not each[0]] == wanted and (
            sum(each[2] for each in rolled) == ROLLED
        )
    return left == wanted


def _name(number: int) -> str:
    return f"{_NAMED}{number:06d}"


def _is_rolling(number: int) -> bool:
    return number % _ROLLING_EVERY == _ROLLING_EVERY - 1


def idle_catalog() -> Catalog:
    """The operator's catalog, its grant opened by the month's turn; of one plan some rolls over."""
    (operator,) = example_catalogs(names=(VOICE_TENANT,))
    (basic,) = operator.price_plans
    (grant,) = basic.grants
    plain = replace(grant, quantity=Decimal(GRANTED), opens="period")
    terms = RollOver(quantity=Decimal(ROLLED), periods=2)
    rolling = replace(basic, id="rolling", grants=(replace(plain, roll_over=terms),))
    return replace(operator, price_plans=(replace(basic, grants=(plain,)), rolling))


def month_starts(now: datetime, count: int) -> list[Instant]:
    """The starts of so many months, the last of them that of the present one."""
    last = now.year * 12 + now.month - 1
    return [
        instant_of(datetime(each // 12, each % 12 + 1, 1, tzinfo=UTC))
        for each in range(last - count + 1, last + 1)
    ]


def _commands(amount: IdleAmount, begin: Instant) -> Iterator[Command]:
    for number in range(amount.users):
        for command in commands_of(voice_customer(number), at=begin):
            if isinstance(command, AssignService):
                yield replace(command, start=begin)
            else:
                yield command
    for number in range(amount.accounts):
        account = _name(number)
        yield PutAccount(
            command_id=f"account/{account}",
            tenant=VOICE_TENANT,
            account=account,
            root=account,
            payment="postpaid",
            currency=VOICE_CURRENCY,
            time_zone=_ZONE,
            credit_limit=None,
        )
        yield AssignService(
            command_id=f"service/{account}",
            tenant=VOICE_TENANT,
            service_id=f"4178{number:07d}",
            account=account,
            root=account,
            subscription=f"{account}/1",
            price_plan="rolling" if _is_rolling(number) else "basic",
            start=begin,
            end=FOREVER,
        )
