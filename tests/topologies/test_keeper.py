"""The keeper against a real broker and a ledger written by the test."""

import pytest

from connectors.kafka.avro import decode, encode
from connectors.kafka.client import new_producer
from connectors.kafka.codec import decode_refused, suspense_key
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.fact import CatalogVersions
from streams.model.instant import BEGINNING
from streams.model.refused import RefusedRecord
from streams.state import RecordState
from tests.topologies.small_ledger import (
    TENANT,
    SmallLedger,
    account,
    catalog_delta,
    committed,
    mark,
    position_of,
    rated,
    released_ids,
    service,
    suspended_by_mediation,
    usage_record,
    verdict,
)
from tests.topologies.toys import is_behind
from topologies.keeper import Keeper


@pytest.fixture
def ledger(kafka_settings: KafkaSettings) -> SmallLedger:
    return SmallLedger(kafka_settings)


def suspend(settings: KafkaSettings, *refused: RefusedRecord) -> None:
    producer = new_producer(settings, {"partitioner": "murmur2_random"})
    for entry in refused:
        key = suspense_key(entry.record_id, entry.position)
        value = encode(Topic.SUSPENSE, entry)
        producer.produce(f"{settings.prefix}{Topic.SUSPENSE}", key=key, value=value)
    producer.flush(10)


def settle(keeper: Keeper) -> None:
    """Turn until all of the ledger is read, and a turn finds nothing."""
    while keeper.turn(timeout_s=0.1) or is_behind(keeper._ledger):
        pass


def states(settings: KafkaSettings) -> dict[bytes, str]:
    """The last word on each suspense entry; what is closed must end with a tombstone."""
    newest: dict[bytes, str] = {}
    gone: set[bytes] = set()
    for message in committed(settings, Topic.SUSPENSE):
        if message.value() is None:
            assert newest[message.key()] != "suspended", "a reader never learned how it ended"
            gone.add(message.key())
        else:
            newest[message.key()] = decode(Topic.SUSPENSE, message.value()).state
            gone.discard(message.key())
    assert gone == {key for key, state in newest.items() if state != "suspended"}
    return newest


def test_facts_of_the_ledger_stand_on_topic_accounts(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    ledger.append(1, facts=(account(), service("key-1")))
    ledger.append(0, delta=(catalog_delta((BEGINNING, "v1")),))
    ledger.append_after(1, 77, facts=(account("void"),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
    facts = {
        m.key().decode(): decode(Topic.ACCOUNTS, m.value()).subject
        for m in committed(kafka_settings, Topic.ACCOUNTS)
    }
    assert facts == {
        f"account\0{TENANT}\0acc-1": account(),
        f"service\0{TENANT}\0key-1": service("key-1"),
        f"catalog\0{TENANT}": CatalogVersions(TENANT, ((BEGINNING, "v1"),)),
    }


def test_a_new_fact_releases_what_lacks_it_with_its_bytes_and_position(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    waiting = suspended_by_mediation(usage_record(1, service="late"))
    other = suspended_by_mediation(usage_record(2, service="never"))
    suspend(kafka_settings, waiting, other)
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
        assert released_ids(kafka_settings) == []
        ledger.append(2, facts=(service("late"),))
        settle(keeper)
    (released,) = committed(kafka_settings, Topic.RELEASE)
    assert decode_refused(released.value()) == waiting
    assert dict(released.headers()) == {"accounts_offset": b"0"}


def test_a_record_judged_with_an_older_view_is_tried_at_once_and_only_once(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    ledger.append(2, facts=(service("known"),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
        record = usage_record(1, service="known")
        suspend(kafka_settings, suspended_by_mediation(record, reference=-1))
        settle(keeper)
        assert released_ids(kafka_settings) == [record.record_id]
        suspend(kafka_settings, suspended_by_mediation(record, reference=0))
        settle(keeper)
        assert released_ids(kafka_settings) == [record.record_id]


def test_any_ledger_verdict_closes_the_entry_whichever_is_seen_first(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    charged, doubled, discarded, late = (usage_record(n, service=f"s{n}") for n in range(4))
    suspend(kafka_settings, *map(suspended_by_mediation, (charged, doubled, discarded)))
    ledger.append(0, rated=(rated(charged),), verdicts=(verdict(doubled, "duplicate"),))
    ledger.append(1, delta=(mark(discarded, RecordState.DISCARDED),))
    ledger.append(2, rated=(rated(late),), facts=(service("s3"),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
        suspend(kafka_settings, suspended_by_mediation(late))
        settle(keeper)
        assert released_ids(kafka_settings) == [late.record_id]
        # Released in vain: its home repeats the mark of an id that has found its end.
        ledger.append(2, delta=(mark(late, RecordState.CHARGED),))
        settle(keeper)
        assert len(keeper.index) == 0
    assert {key[:16]: state for key, state in states(kafka_settings).items()} == {
        charged.record_id: "charged",
        doubled.record_id: "duplicate",
        discarded.record_id: "discarded",
        late.record_id: "charged",
    }


def test_two_deliveries_of_one_id_end_one_charged_one_duplicate(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    first, second = usage_record(1, service="x"), usage_record(1, service="x", offset=99)
    suspend(kafka_settings, suspended_by_mediation(first), suspended_by_mediation(second))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
        ledger.append(3, facts=(service("x"),))
        settle(keeper)
        assert released_ids(kafka_settings) == [first.record_id] * 2
        ledger.append(3, rated=(rated(second),), verdicts=(verdict(first, "duplicate"),))
        settle(keeper)
    assert states(kafka_settings) == {
        suspense_key(first.record_id, position_of(first)): "duplicate",
        suspense_key(second.record_id, position_of(second)): "charged",
    }


def test_what_an_owner_suspends_waits_for_the_catalog_of_its_own_partition(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    record = usage_record(1)
    lacks = f"price:{TENANT}:developer:api_call"
    with Keeper(kafka_settings) as keeper:
        ledger.append(1, verdicts=(verdict(record, "suspended", lacks=lacks),))
        settle(keeper)
        assert released_ids(kafka_settings) == []
        ledger.append(1, delta=(catalog_delta((BEGINNING, "v2")),))
        settle(keeper)
        assert released_ids(kafka_settings) == [record.record_id]
        ledger.append(1, rated=(rated(record),))
        settle(keeper)
    assert list(states(kafka_settings).values()) == ["charged"]


def test_a_record_suspended_and_charged_in_one_step_ends_charged(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    record = usage_record(1)
    ledger.append(1, verdicts=(verdict(record, "suspended"),), rated=(rated(record),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
    assert list(states(kafka_settings).values()) == ["charged"]


def test_a_new_keeper_goes_on_with_what_the_topics_say(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    owner_suspended, waiting = usage_record(1), usage_record(2, service="late")
    ledger.append(1, verdicts=(verdict(owner_suspended, "suspended", lacks="account:acme:a"),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
    suspend(kafka_settings, suspended_by_mediation(waiting))
    with Keeper(kafka_settings) as keeper:
        assert len(keeper.index) == 2
        ledger.append(1, facts=(account("a"), service("late")))
        settle(keeper)
    assert sorted(released_ids(kafka_settings)) == sorted(
        [owner_suspended.record_id, waiting.record_id]
    )


def test_an_entry_of_which_compaction_left_only_the_tombstone_is_closed(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    waiting, closed = (suspended_by_mediation(usage_record(n, service="late")) for n in range(2))
    suspend(kafka_settings, waiting, closed)
    producer = new_producer(kafka_settings, {"partitioner": "murmur2_random"})
    key = suspense_key(closed.record_id, closed.position)
    producer.produce(f"{kafka_settings.prefix}{Topic.SUSPENSE}", key=key, value=None)
    producer.flush(10)
    ledger.append(0, facts=(service("late"),))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
    assert released_ids(kafka_settings) == [waiting.record_id]


def test_ten_thousand_records_are_released(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    records = [usage_record(number, service=f"s{number % 500}") for number in range(10_000)]
    suspend(kafka_settings, *map(suspended_by_mediation, records))
    with Keeper(kafka_settings) as keeper:
        settle(keeper)
        assert len(keeper.index) == len(records)
        ledger.append(0, facts=tuple(service(f"s{number}") for number in range(500)))
        settle(keeper)
    assert len(set(released_ids(kafka_settings))) == len(records)
