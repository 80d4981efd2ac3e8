"""Webhooks to a receiver that is down, slow and broken, from a process that is killed again and
again: every alert is taken, each account's in its order, and every signature fits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

import pytest
from rich.console import Console

from connectors.kafka.avro import AvroCodec
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from connectors.steps import WebhookStep
from connectors.webhooks.topics import AlertReader
from infra.bench.site import Site
from streams.model.rated import Alert
from tests.bill_shock.attack import Attack
from tests.bill_shock.receiver import Manners, Receiver

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME: Final = "webhooks"
ENGINE: Final = ("mediation", "charging", "dispatcher")
_TAKEN_WITHIN_S: Final = 300.0
ILL: Final = (
    Manners(slow_s=0.3),
    Manners(fails=10, loses=17, doubles=3),
    Manners(fails=19, loses=13, doubles=7, slow_s=0.1),
)


@dataclass(frozen=True, kw_only=True)
class Ordeal:
    """How much there is of everything."""

    accounts: int
    events: int
    """In each phase."""
    kills: int
    """In each phase, at random."""
    down_s: float
    steps: tuple[WebhookStep, ...]


@pytest.mark.timeout(300)
def test_twin_of_a_few_hundred_alerts(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        prove(
            site,
            Ordeal(
                accounts=20,
                events=150,
                kills=1,
                down_s=1,
                steps=(WebhookStep.AFTER_ANSWER,),
            ),
        )


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_thousands_of_alerts(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        prove(
            site,
            Ordeal(accounts=400, events=3_000, kills=10, down_s=20, steps=tuple(WebhookStep)),
        )


def prove(site: Site, ordeal: Ordeal) -> None:
    """Go through all that a receiver and a process can suffer, and compare at the end."""
    receiver, gone = Receiver(SECRET), Receiver(SECRET)
    gone.manners = Manners(is_gone=True)
    _register(site, receiver, gone)
    attack = Attack(site, accounts=ordeal.accounts, events=50_000, seed=3)
    attack.open(processes=ENGINE)
    with gone.up():
        with receiver.up():
            attack.start(NAME)
            _phase(attack, ordeal, receiver)
        _phase(attack, ordeal)  # nobody answers at the receiver's port
        sleep(ordeal.down_s)
        with receiver.up():
            for manners in ILL:
                receiver.manners = manners
                _phase(attack, ordeal, receiver)
            _die_at_steps(attack, ordeal)
            receiver.manners = Manners()
            raised = _all_taken(attack, receiver, gone)
    _compare_order(receiver, raised)
    kept = {alert.alert_id for alert in _read(site, Topic.UNDELIVERED)}
    assert kept == {alert.alert_id for alert in raised}
    assert receiver.forged == gone.forged == []
    assert receiver.answered_twice > 0
    assert receiver.hung_up > 0
    _print(attack, receiver, raised)


def _register(site: Site, receiver: Receiver, gone: Receiver) -> None:
    """Two receivers: one that is to take everything, one that takes nothing ever again."""
    site.folder.mkdir(parents=True, exist_ok=True)
    secret, file = site.folder / "secret", site.folder / "webhooks.toml"
    secret.write_text(SECRET)
    file.write_text(
        "".join(
            f'[[receiver]]\nid = "{name}"\nurl = "{each.url}"\nsecret_from = "file:{secret}"\n'
            for name, each in (("crm", receiver), ("gone", gone))
        )
    )
    (site.folder / "vivace.toml").write_text(f'webhooks = "{file}"\n')
    # Both are known before the first alert: a new receiver hears of what is raised from then on.
    for name in ("crm", "gone"):
        AlertReader(
            site.kafka, Topic.ALERTS, AvroCodec(), name=f"webhook-{name}", from_start=False
        ).close()


def _phase(attack: Attack, ordeal: Ordeal, receiver: Receiver | None = None) -> None:
    """Kill the process while it delivers; without a receiver, while it tries to."""
    for _ in range(ordeal.kills):
        attack.send(ordeal.events // ordeal.kills)
        if receiver is None:
            sleep(attack.rng.random() * 3)
        else:
            wanted = len(receiver.heard) + 20 + attack.rng.randrange(40)
            _await_heard(attack.site, receiver, wanted)
        attack.kill(NAME)
        attack.start(NAME)


def _await_heard(site: Site, receiver: Receiver, wanted: int) -> None:
    site.wait(lambda: len(receiver.heard) >= wanted, "webhooks heard", within_s=_TAKEN_WITHIN_S)


def _die_at_steps(attack: Attack, ordeal: Ordeal) -> None:
    for step in ordeal.steps:
        attack.die(NAME, step, count=1 + attack.rng.randrange(3))
        attack.await_deaths({NAME: step})


def _all_taken(attack: Attack, receiver: Receiver, gone: Receiver) -> list[Alert]:
    """All alerts there are, once all of them have been taken, or kept."""
    attack.settle()
    raised = list(_read(attack.site, Topic.ALERTS))
    ids = {alert.alert_id for alert in raised}
    assert len(ids) == len(raised) > 0
    attack.site.wait(
        lambda: receiver.taken() >= ids and gone.told() >= ids,
        "all alerts taken",
        within_s=_TAKEN_WITHIN_S,
    )
    attack.site.stop(NAME)
    assert receiver.taken() == ids
    return raised


def _read(site: Site, topic: Topic) -> Iterator[Alert]:
    with _reader(site, topic) as reader:
        while found := reader.read(3.0):
            yield from (taken.alert for _, taken in found)


@contextmanager
def _reader(site: Site, topic: Topic) -> Iterator[AlertReader]:
    with AlertReader(
        site.kafka, topic, AvroCodec(), name=f"compare-{topic}", from_start=True
    ) as reader:
        yield reader


def _compare_order(receiver: Receiver, raised: list[Alert]) -> None:
    """Of an account, none is told before all earlier ones were taken, repeats or not."""
    orders: dict[str, list[str]] = {}
    for alert in raised:
        orders.setdefault(alert.account, []).append(alert.alert_id)
    heard = receiver.by_account()
    assert heard.keys() == orders.keys()
    for account, order in orders.items():
        place = {alert_id: number for number, alert_id in enumerate(order)}
        following = 0
        for each in heard[account]:
            number = place[each.alert_id]
            assert number <= following, (account, order[following], each)
            if each.is_taken and number == following:
                following += 1
        assert following == len(order)


def _print(attack: Attack, receiver: Receiver, raised: list[Alert]) -> None:
    Console().print(
        f"{len(raised):,} alerts taken by {len(receiver.heard):,} requests;"
        f" {receiver.answered_twice:,} answered twice, {receiver.hung_up:,} without an answer;"
        f" kills: {dict(attack.kills)}"
    )
