"""The chain of validity, and reading a ledger from a real broker."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Corrupted, Refused
from connectors.kafka.codec import encode_ledger
from connectors.kafka.ledger import Chain, LedgerFollower, LedgerReader, ledger_topic
from connectors.settings import KafkaSettings
from streams.model.ledger import WHOLE, LedgerRecord


def record(prev: int, owner: bytes = b"a") -> LedgerRecord:
    return LedgerRecord(1, "open", prev, owner, 1, (-1, WHOLE))


@given(st.lists(st.integers(-1, 12), max_size=13))
def test_valid_records_form_one_chain(prevs: list[int]) -> None:
    chain, valid = Chain(), [-1]
    for offset, prev in enumerate(prevs):
        if chain.accept(offset, record(prev)):
            assert prev == valid[-1]
            valid.append(offset)
        else:
            assert prev != valid[-1]
    assert chain.last == valid[-1]


def test_the_same_record_landed_twice_counts_once() -> None:
    chain = Chain(4, b"a")
    assert chain.accept(5, record(4))
    assert not chain.accept(6, record(4))
    assert (chain.last, chain.owner) == (5, b"a")


def test_of_two_owners_the_first_to_land_wins() -> None:
    chain = Chain()
    assert chain.accept(0, record(-1, b"a"))
    assert chain.accept(1, record(0, b"b"))
    assert not chain.accept(2, record(0, b"a"))
    assert chain.owner == b"b"


def produce(settings: KafkaSettings, partition: int, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    for value in values:
        producer.produce(ledger_topic(settings), value, partition=partition)
    assert producer.flush(20) == 0


def trim(settings: KafkaSettings, partition: int, first: int) -> None:
    client = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    place = TopicPartition(ledger_topic(settings), partition, first)
    client.delete_records([place])[place].result(20)


@pytest.fixture
def reader(kafka_settings: KafkaSettings) -> Iterator[LedgerReader]:
    reader = LedgerReader(kafka_settings)
    yield reader
    reader.close()


def test_a_bounded_read_gives_exactly_what_was_asked(
    kafka_settings: KafkaSettings, reader: LedgerReader
) -> None:
    values = [b"%d" % number for number in range(1200)]
    produce(kafka_settings, 1, values)
    assert reader.bounds(1) == (0, 1200)
    assert reader.bounds(0) == (0, 0)
    found = [each for records in reader.read(1, 100, 1100) for each in records]
    assert found == list(enumerate(values))[100:1101]
    assert list(reader.read(1, 5, 4)) == []


def test_a_read_below_the_beginning_is_refused(
    kafka_settings: KafkaSettings, reader: LedgerReader
) -> None:
    produce(kafka_settings, 1, [b"%d" % number for number in range(10)])
    trim(kafka_settings, 1, 5)
    assert reader.bounds(1) == (5, 10)
    with pytest.raises(Corrupted, match="not in the log"):
        list(reader.read(1, 3, 8))


def follow_to_end(follower: LedgerFollower) -> list[tuple[int, int]]:
    found = []
    ends = follower.end_positions()
    while follower.next_offsets() != ends:
        found += [(each.partition, each.offset) for each in follower.poll(timeout_s=5)]
    return found


def test_a_follower_gives_valid_records_alone_and_goes_on_where_it_was(
    kafka_settings: KafkaSettings,
) -> None:
    opening, zombie = encode_ledger(record(-1)), encode_ledger(record(-1, b"z"))
    produce(kafka_settings, 0, [opening, zombie, encode_ledger(record(0)), opening])
    produce(kafka_settings, 2, [opening])
    with LedgerFollower(kafka_settings, {0: -1, 2: -1}) as follower:
        assert sorted(follow_to_end(follower)) == [(0, 0), (0, 2), (2, 0)]
        assert follower.voids == 2
        positions = follower.positions()
    assert positions == {0: 2, 2: 0}
    produce(kafka_settings, 0, [encode_ledger(record(2)), zombie])
    with LedgerFollower(kafka_settings, positions) as follower:
        assert follow_to_end(follower) == [(0, 4)]
        assert follower.positions() == {0: 4, 2: 0}


def test_a_follower_that_wants_what_is_gone_says_so(kafka_settings: KafkaSettings) -> None:
    produce(kafka_settings, 0, [encode_ledger(record(-1)), encode_ledger(record(0))])
    trim(kafka_settings, 0, 1)
    with pytest.raises(Corrupted, match="trimmed"):
        LedgerFollower(kafka_settings, {0: -1})
    with pytest.raises(Corrupted, match="ends at 2, wanted 9"):
        LedgerFollower(kafka_settings, {0: 8})


def test_a_record_of_unknown_format_is_refused(kafka_settings: KafkaSettings) -> None:
    produce(kafka_settings, 0, [b"\x7fwhat"])
    with (
        LedgerFollower(kafka_settings, {0: -1}) as follower,
        pytest.raises(Refused, match="unknown format"),
    ):
        follow_to_end(follower)
