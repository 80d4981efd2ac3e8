"""Fifty kills, and each warning once: by its id, to a stranger, as a second computation has it."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.ledger_watch import LedgerWatch
from infra.bench.site import Site
from infra.demo.proof import audit_now
from tests.bill_shock.attack import VICTIMS, Attack, by_rule
from tests.bill_shock.recompute import Recomputed, Warned
from tests.foreign.readers import avro_consumer_reads

EVENTS, KILLS = 1_000_000, 50
_CHARGED_WITHIN_S = 300.0
_READ_WITHIN_S = 600.0
ROUNDS = 2
"""How often the soak goes through all named steps; the other kills are at random."""


@pytest.mark.timeout(300)
def test_twin_of_four_thousand(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        attack = Attack(site, accounts=30, events=4_000)
        attack.open()
        attack.send(2_000)
        attack.strike("charging")
        attack.strike("dispatcher")
        attack.send(2_000)
        prove(attack)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_one_million_and_fifty_kills(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        attack = Attack(site, accounts=4_000, events=EVENTS, seed=5)
        attack.open()
        with LedgerWatch(site.kafka) as watch:
            for _ in range(ROUNDS):
                attack.send(EVENTS // KILLS)
                attack.strike_named()
            left = KILLS - sum(attack.kills.values())
            for number in range(left):
                _send_some(attack, (EVENTS - attack.sent) // (left - number), watch)
                attack.strike(attack.rng.choice(VICTIMS))
        found = prove(attack)
        assert sum(attack.kills.values()) >= KILLS
        assert attack.sent >= EVENTS
        _print(attack, found)


def _send_some(attack: Attack, events: int, watch: LedgerWatch) -> None:
    """Return somewhere in the middle of these events, so that a kill meets processes at work."""
    wanted = attack.sent + events * attack.rng.random()
    attack.send(events)
    attack.site.wait(lambda: len(watch.seen) >= wanted, "some charged", within_s=_CHARGED_WITHIN_S)


def prove(attack: Attack) -> list[Warned]:
    """Wait for the end, then compare alerts, overrun and what is owed; the alerts as expected."""
    attack.settle()
    report = audit_now(attack.site.settings)
    assert report.is_ok, report.as_json()
    again = attack.recomputed()
    assert sum(part.records for part in again) == attack.sent
    expected = [warned for part in again for warned in part.warned]
    _compare_alerts(_read_by_a_stranger(attack), expected)
    _compare_money(attack, again)
    return expected


def _read_by_a_stranger(attack: Attack) -> list[dict[str, Any]]:
    registry, kafka = attack.open_registry(), attack.site.kafka
    return avro_consumer_reads(
        kafka.bootstrap, registry, f"{kafka.prefix}alerts", within_s=_READ_WITHIN_S
    )


def _compare_alerts(read: list[dict[str, Any]], expected: list[Warned]) -> None:
    assert expected
    ids = Counter(alert["alert_id"] for alert in read)
    assert not [name for name, count in ids.items() if count > 1]
    found = Counter(_warned(alert) for alert in read)
    wanted = Counter(expected)
    missing, more = wanted - found, found - wanted
    differing = [*(("missing", each) for each in missing), *(("too many", each) for each in more)]
    told = (f"{how}: {tuple(map(str, each))}" for how, each in differing[:5] + differing[-5:])
    text = "\n".join(told)
    assert not differing, f"{len(differing)} differ\n{text}"
    kinds = {warned.kind for warned in expected}
    assert kinds == {"crossed", "recovered", "entered", "overrun"}


def _warned(alert: dict[str, Any]) -> Warned:
    return Warned(
        account=alert["account"],
        threshold=alert["threshold"],
        resource=alert["resource"],
        kind=alert["kind"],
        level=Decimal(alert["level"]),
        value=Decimal(alert["value"]),
        period_start=datetime.fromisoformat(alert["period_start"]),
        occurred_at=datetime.fromisoformat(alert["occurred_at"]),
        to=tuple(alert["to"]),
        action=alert["action"],
    )


def _compare_money(attack: Attack, again: list[Recomputed]) -> None:
    """Nobody bears more than a hard cap; all that was used beyond one stands on `overrun`."""
    stored = attack.overrun()
    beyond = sum((part.overrun for part in again), Decimal(0))
    assert beyond > 0
    assert stored["overrun"] == -beyond
    borne = {account: amount for part in again for account, amount in part.borne.items()}
    assert stored["borne"] == borne


def _print(attack: Attack, expected: list[Warned]) -> None:
    kills = Table("step", "process", "kills")
    for (step, process), count in sorted(attack.kills.items()):
        kills.add_row(step, process, str(count))
    alerts = Table("alert", "each once")
    for name, count in by_rule((each.threshold, each.kind) for each in expected).items():
        alerts.add_row(name, f"{count:,}")
    console = Console()
    console.print(kills)
    console.print(alerts)
    console.print(f"{attack.sent:,} events, {len(expected):,} alerts")
