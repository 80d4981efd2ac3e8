"""Lanes of webhooks against a real broker: where they begin, go on, and keep what is given up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import new_producer
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from connectors.webhooks.delivery import Patience
from connectors.webhooks.receivers import Receiver
from connectors.webhooks.topics import AlertReader
from infra.cli.webhook import app
from tests.connectors.webhooks.test_webhooks import SECRET, Listener, alert, listener
from topologies.webhooks import deliver_all

__all__ = ("listener",)
QUICK = Patience(attempts=3, first_s=0.001, most_s=0.002, timeout_s=2)


@pytest.fixture
def receiver(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("CRM", SECRET)
    return Receiver(id="crm", url=listener.url, secret_from="CRM")


class Running:
    """A lane in a thread of its own, until it is told to end."""

    def __init__(self, receiver: Receiver, settings: KafkaSettings) -> None:
        self._asked = threading.Event()
        self._thread = threading.Thread(
            target=deliver_all,
            args=(receiver, settings, AvroCodec()),
            kwargs={"patience": QUICK, "wait": self._asked.wait},
        )
        self._thread.start()

    def end(self) -> None:
        self._asked.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


def raise_alerts(settings: KafkaSettings, numbers: Iterator[int] | range) -> None:
    producer = new_producer(settings)
    codec = AvroCodec()
    for number in numbers:
        each = alert(number, account=f"acc{number % 3}")
        key = f"{each.tenant}/{each.account}".encode()
        topic = f"{settings.prefix}{Topic.ALERTS}"
        producer.produce(topic, key=key, value=codec.encode(Topic.ALERTS, each))
    assert producer.flush(30) == 0


def heard(listener: Listener, count: int) -> list[str]:
    for _ in range(300):
        if len(set(listener.ids())) >= count:
            break
        threading.Event().wait(0.05)
    return listener.ids()


def test_a_new_receiver_begins_now_and_goes_on_where_it_was(
    kafka_settings: KafkaSettings,
    listener: Listener,
    receiver: Receiver,
) -> None:
    raise_alerts(kafka_settings, range(3))
    # Known from here on: what was raised before is not for it.
    codec = AvroCodec()
    AlertReader(kafka_settings, Topic.ALERTS, codec, name="webhook-crm", from_start=False).close()
    raise_alerts(kafka_settings, range(3, 9))
    lane = Running(receiver, kafka_settings)
    assert sorted(heard(listener, 6)) == [f"a{number}" for number in range(3, 9)]
    lane.end()
    raise_alerts(kafka_settings, range(9, 12))
    lane = Running(receiver, kafka_settings)
    found = heard(listener, 9)
    lane.end()
    assert sorted(set(found)) == sorted(f"a{number}" for number in range(3, 12))
    for account in range(3):
        own = [name for name in dict.fromkeys(found) if int(name[1:]) % 3 == account]
        assert own == [f"a{number}" for number in range(3, 12) if number % 3 == account]


def test_what_is_given_up_is_replayed(
    kafka_settings: KafkaSettings,
    listener: Listener,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    codec = AvroCodec()
    AlertReader(kafka_settings, Topic.ALERTS, codec, name="webhook-crm", from_start=False).close()
    listener.answers = [500] * 3
    raise_alerts(kafka_settings, range(1))
    lane = Running(receiver, kafka_settings)
    raise_alerts(kafka_settings, range(1, 2))
    assert heard(listener, 2) == ["a0", "a0", "a0", "a1"]
    lane.end()
    file = tmp_path / "webhooks.toml"
    file.write_text(f'[[receiver]]\nid = "crm"\nurl = "{receiver.url}"\nsecret_from = "CRM"\n')
    environment = {
        "VIVACE_DATA": str(tmp_path),
        "VIVACE_KAFKA_BOOTSTRAP": kafka_settings.bootstrap,
        "VIVACE_KAFKA_PREFIX": kafka_settings.prefix,
        "VIVACE_WEBHOOKS": str(file),
        "CRM": SECRET,
    }
    for expected in ("1 delivered", "0 delivered"):
        told = CliRunner().invoke(app, ["replay", "crm"], env=environment)
        assert expected in told.output, told.exception
    assert listener.ids() == ["a0", "a0", "a0", "a1", "a0"]
    assert receiver.url in CliRunner().invoke(app, ["list"], env=environment).output.replace(
        "\n", ""
    )
