"""Sink, dispatcher and keeper tell how far they are and what they did."""

from prometheus_client import REGISTRY

from connectors.kafka.avro import AvroCodec
from connectors.settings import KafkaSettings
from tests.topologies.small_ledger import SmallLedger, alert, rated, usage_record
from topologies.dispatcher import Dispatcher
from topologies.keeper import Keeper


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_a_dispatcher_tells_its_position_and_what_it_sent(kafka_settings: KafkaSettings) -> None:
    ledger = SmallLedger(kafka_settings)
    at = {"process": "dispatcher", "topic": f"{kafka_settings.prefix}ledger", "partition": "0"}
    before = value("vivace_sent_messages_total", process="dispatcher", topic="rated") or 0
    with Dispatcher(kafka_settings, AvroCodec()) as dispatcher:
        end = ledger.append(0, rated=(rated(usage_record(1)),), alerts=(alert(1),)) + 1
        while not dispatcher.step(timeout_s=1):
            pass
        assert value("vivace_follower_position", **at) == end
        assert value("vivace_follower_lag_messages", **at) == 0
    sent = value("vivace_sent_messages_total", process="dispatcher", topic="rated")
    assert sent == before + 1
    assert value("vivace_transaction_seconds_count", process="dispatcher")


def test_a_keeper_tells_its_position_and_what_waits(kafka_settings: KafkaSettings) -> None:
    ledger = SmallLedger(kafka_settings)
    at = {"process": "keeper", "topic": f"{kafka_settings.prefix}ledger", "partition": "0"}
    with Keeper(kafka_settings) as keeper:
        end = ledger.append(0, rated=(rated(usage_record(1)),)) + 1
        while value("vivace_follower_position", **at) != end:
            keeper.turn(timeout_s=1)
        assert value("vivace_suspended_records") == 0
