"""One leader of a name; a standby takes over when it leaves."""

import threading
import time

import pytest

from connectors.errors import Unavailable
from connectors.kafka.leadership import Leadership
from connectors.settings import KafkaSettings

WITHIN_S = 30.0


def leads(leadership: Leadership, *, within_s: float = WITHIN_S) -> bool:
    until = time.monotonic() + within_s
    return leadership.wait(lambda: time.monotonic() > until)


def test_a_standby_takes_over_when_the_leader_leaves(kafka_settings: KafkaSettings) -> None:
    with Leadership(kafka_settings, "keeper") as leader:
        assert leads(leader)
        standby = Leadership(kafka_settings, "keeper")
        assert not leads(standby, within_s=4)
        leader.check()
        with pytest.raises(Unavailable, match="another process leads"):
            standby.check()
        other_name = Leadership(kafka_settings, "dispatcher")
        assert leads(other_name)
        other_name.close()
    assert leads(standby)
    standby.check()
    standby.close()


def test_waiting_ends_when_the_process_is_asked_to(kafka_settings: KafkaSettings) -> None:
    asked = threading.Event()
    asked.set()
    with Leadership(kafka_settings, "keeper") as leadership:
        assert not leadership.wait(asked.is_set)
