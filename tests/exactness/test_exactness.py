"""Every charge, balance, accumulator and aggregate, computed a second time, to the last digit."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import clock
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.preload import load_reference, make_place
from infra.bench.site import Site
from infra.demo.proof import audit_now
from infra.demo.watch import Watch
from infra.load.plan import Kind, LoadPlan
from infra.load.population import strangers
from infra.load.sending import Sending, records_of, send_customers
from streams.model.instant import DAY, MINUTE
from streams.outcome import RejectReason
from tests.exactness.log import inputs_of, read_partition
from tests.exactness.recompute import Account, Charge, Partition, by_period
from tests.exactness.stored import Stored
from tests.exactness.tariff import read_tariff

CATALOGS = Path(__file__).parents[2] / "catalog"
CURRENCIES = {"USD", "CHF"}
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.timeout(500)
def test_twin_of_twenty_thousand(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        prove(site, events=20_000, accounts=200)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_one_million(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        prove(site, events=1_000_000, accounts=2_000)


def prove(site: Site, *, events: int, accounts: int) -> None:
    """Send a mixed, faulty load through the whole system and compare all that came out."""
    plan = LoadPlan(
        events=events,
        start=clock.now() - DAY,
        span=DAY - MINUTE,
        accounts=accounts,
        late=30,
        doubled=20,
        broken=10,
        unknown=20,
        unpriced=3,
        filtered=15,
    )
    kinds = run_load(site, plan)
    tariffs = {
        tariff.tenant: tariff
        for tariff in (read_tariff(CATALOGS / name) for name in ("ai-api", "mobile-operator"))
    }
    expected = [recomputed(site.kafka, number, tariffs) for number in range(site.kafka.partitions)]
    stored = Stored(site.clickhouse)
    charges = compare_charges(expected, stored)
    assert len(charges) == kinds[Kind.GOOD] + kinds[Kind.UNKNOWN]
    compare_accounts(expected, stored)
    compare_periods(charges, stored)


def run_load(site: Site, plan: LoadPlan) -> Counter[Kind]:
    """Run the processes over the plan until all is charged and stored; what was sent, by kind."""
    make_place(site)
    for name in ("mediation", "charging", "sink", "keeper"):
        site.start(name)
    load_reference(site, accounts=plan.accounts, at=plan.start)
    sending = Sending(site.kafka)
    sending.send_plan(plan)
    sending.finish()
    send_customers(site.kafka, strangers(), at=plan.start)
    kinds = Counter(kind for *_, kind in records_of(sending.placed))
    watch = Watch(site.settings)
    chargeable = kinds[Kind.GOOD] + kinds[Kind.UNKNOWN]

    def settled() -> bool:
        stored = watch.stored()
        waiting = watch.suspended_for(RejectReason.NO_PRICE)
        return (
            stored.charged >= chargeable
            and stored.raw >= plan.events
            and stored.suspended == waiting == kinds[Kind.UNPRICED]
            and site.mediated()
            and site.charged()
        )

    site.wait(settled, "all charged and stored", within_s=200 + plan.events / 500)
    report = audit_now(site.settings)
    assert report.is_ok, report.as_json()
    site.close()
    return kinds


def recomputed(kafka: KafkaSettings, number: int, tariffs: dict[str, Any]) -> Partition:
    """The partition's inputs, in their order, computed again."""
    partition = Partition(tariffs)
    topic = f"{kafka.prefix}charging"
    for _, message in read_partition(kafka.bootstrap, topic, number):
        for given in inputs_of(message):
            partition.take(given)
    return partition


def differences(expected: dict[Any, Any], found: dict[Any, Any]) -> list[str]:
    """Every key that is missing, too many or different, as text."""
    return [
        f"{key}: expected {expected.get(key)!r}, found {found.get(key)!r}"
        for key in expected.keys() | found.keys()
        if expected.get(key) != found.get(key)
    ]


def compare_charges(expected: list[Partition], stored: Stored) -> dict[bytes, Charge]:
    charges: dict[bytes, Charge] = {}
    for partition in expected:
        assert charges.keys().isdisjoint(partition.charges)
        charges |= partition.charges
    plain = {
        key: (one.tenant, one.account, one.product, one.zone, one.currency, one.amount)
        for key, one in charges.items()
    }
    found = differences(plain, stored.charges())
    assert not found, (len(found), found[:10])
    return charges


def compare_accounts(expected: list[Partition], stored: Stored) -> None:
    accounts: dict[tuple[str, str], Account] = {}
    for partition in expected:
        accounts |= partition.accounts
    money = {key: account.money for key, account in accounts.items() if account.money}
    found = differences(money, {k: v for k, v in stored.money(CURRENCIES).items() if v})
    assert not found, (len(found), found[:10])
    allowances = _by_month(accounts, "allowances")
    found = differences(allowances, stored.allowances(CURRENCIES))
    assert not found, (len(found), found[:10])
    totals = _by_month(accounts, "totals")
    found = differences(totals, stored.totals())
    assert not found, (len(found), found[:10])


def _by_month(
    accounts: dict[tuple[str, str], Account], kind: str
) -> dict[tuple[str, str, str, datetime], Decimal]:
    return {
        (*key, name, month): value
        for key, account in accounts.items()
        for (name, month), value in getattr(account, kind).items()
    }


def compare_periods(charges: dict[bytes, Charge], stored: Stored) -> None:
    for table, length in (("charges_by_hour", HOUR), ("charges_by_day", ONE_DAY)):
        found = differences(by_period(charges, length), stored.periods(table))
        assert not found, (table, len(found), found[:10])
