"""The store over real RocksDB: atomic with its position, bounded, the same after replay."""

from pathlib import Path

import pytest

from connectors.kafka.codec import encode_value
from streams.model.account import Accumulators, Balances, Bucket
from streams.state import RecordMark, Table, record_id_key
from topologies.disk import RocksDisk
from topologies.overlay import Overlay
from topologies.state import BoundedCache, CacheOptions, Position, Store


@pytest.fixture
def disk(tmp_path: Path) -> RocksDisk:
    return RocksDisk(tmp_path / "state")


def _write(store: Store, overlay: Overlay, position: Position) -> None:
    store.write(overlay.delta(encode_value), overlay.dropped(), position, overlay.values)


def test_values_and_position_come_back_together(disk: RocksDisk) -> None:
    store = Store(disk)
    overlay = Overlay(store)
    balances = Balances((Bucket("EUR", 0, 1, 5, 3),))
    overlay.put(Table.BALANCES, b"a", balances)
    overlay.put(Table.OUTBOX, b"\0", None)
    position = Position((4, 2), 17, b"me", b"digest")
    _write(store, overlay, position)
    again = Store(disk)
    assert again.position == position
    assert again.get(bytes([Table.BALANCES]) + b"a") == balances
    assert again.get_many([bytes([Table.BALANCES]) + b"b", bytes([Table.OUTBOX]) + b"\0"]) == [
        None,
        None,
    ]


def test_ids_of_a_day_are_dropped_as_a_group(disk: RocksDisk) -> None:
    store = Store(disk)
    overlay = Overlay(store)
    days = [record_id_key(day * 86_400_000_000, b"%016d" % day) for day in (-1, 0, 1)]
    for key in days:
        overlay.put(Table.RECORD_IDS, key, RecordMark(1, "topic", 0, 0, 0))
    _write(store, overlay, Position())
    dropping = Overlay(store)
    dropping.drop(Table.RECORD_IDS, b"", days[2][:4])
    dropping.put(Table.RECORD_IDS, days[0], RecordMark(2, "topic", 0, 0, 0))
    _write(store, dropping, Position())
    full_keys = [bytes([Table.RECORD_IDS]) + key for key in days]
    states = [mark and mark.state for mark in store.get_many(full_keys)]
    assert states == [2, None, 1]
    assert [mark and mark.state for mark in Store(disk).get_many(full_keys)] == states


def test_replayed_steps_lead_to_the_same_state(tmp_path: Path) -> None:
    written = Store(RocksDisk(tmp_path / "written"))
    replayed = Store(RocksDisk(tmp_path / "replayed"))
    steps = []
    for number in range(20):
        overlay = Overlay(written)
        overlay.put(Table.ACCUMULATORS, b"%d" % (number % 3), Accumulators((("a", 0, 1, number),)))
        if number % 5 == 4:
            overlay.drop(Table.ACCUMULATORS, b"1", b"2")
        if number % 4 == 3:
            overlay.delete(Table.ACCUMULATORS, b"0")
        steps.append((overlay.delta(encode_value), overlay.dropped()))
        _write(written, overlay, Position((number, 0), number))
    replayed.replay(steps, Position((19, 0), 19))
    assert list(replayed.items(Table.ACCUMULATORS)) == list(written.items(Table.ACCUMULATORS))
    assert replayed.position == written.position


def test_a_full_cache_forgets_what_was_not_used_and_reads_it_again(disk: RocksDisk) -> None:
    store = Store(disk, CacheOptions(values_bytes=2000, recent_ids=2))
    overlay = Overlay(store)
    for number in range(50):
        overlay.put(Table.ACCUMULATORS, b"%d" % number, Accumulators((("a", 0, 1, number),)))
    _write(store, overlay, Position())
    for number in range(50):
        found = store.get(bytes([Table.ACCUMULATORS]) + b"%d" % number)
        assert found == Accumulators((("a", 0, 1, number),))


def test_cache_stays_within_its_bound() -> None:
    cache = BoundedCache(100)
    for number in range(1000):
        cache.put(b"%d" % number, number, 10)
        cache.get(b"0")
    assert len(cache) <= 10
    assert cache.get(b"999") == 999
    assert cache.get(b"0") == 0
    cache.forget(b"0")
    assert cache.get(b"0") is not 0  # noqa: F632 - the absent mark is a bare object
