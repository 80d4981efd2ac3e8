"""The store over real RocksDB: atomic with its position, bounded, the same after replay."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from connectors.kafka.codec import encode_value
from streams.model.account import Accumulators, Balances, Bucket
from streams.state import PAYING, RecordMark, Table, record_id_key
from topologies.disk import RocksDisk
from topologies.overlay import Overlay
from topologies.position import Position
from topologies.state import Store, StoreOptions
from topologies.value_cache import ABSENT, ValueCache


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
    position = Position((4, 2), 17, b"me", value=b"a record")
    _write(store, overlay, position)
    store.flush()
    again = Store(disk)
    assert again.position == position
    assert again.get(Table.BALANCES, b"a") == balances
    assert again.get_many(Table.BALANCES, [b"a", b"b"]) == [balances, None]
    assert again.get(Table.OUTBOX, b"\0") is None


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
    states = [mark and mark.state for mark in store.get_many(Table.RECORD_IDS, days)]
    assert states == [2, None, 1]
    again = Store(disk).get_many(Table.RECORD_IDS, days)
    assert [mark and mark.state for mark in again] == states


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
    store = Store(disk, StoreOptions(values_bytes=2000, unwritten_keys=2))
    overlay = Overlay(store)
    for number in range(50):
        overlay.put(Table.ACCUMULATORS, b"%d" % number, Accumulators((("a", 0, 1, number),)))
    _write(store, overlay, Position())
    for number in range(50):
        found = store.get(Table.ACCUMULATORS, b"%d" % number)
        assert found == Accumulators((("a", 0, 1, number),))


def test_cache_stays_within_its_bound() -> None:
    cache = ValueCache(100)
    for number in range(1000):
        cache.put(Table.META, b"%d" % number, number, cost=10)
        cache.get(Table.META, b"0")
    assert len(cache) <= 10
    assert cache.get(Table.META, b"999") == 999
    assert cache.get(Table.META, b"0") == 0
    cache.clear()
    assert cache.get(Table.META, b"0") is ABSENT


def test_what_waits_is_read_and_goes_to_the_disk_with_its_position(disk: RocksDisk) -> None:
    store = Store(disk, StoreOptions(unwritten_keys=3))
    for number in range(5):
        overlay = Overlay(store)
        overlay.put(Table.RECORD_IDS, b"%d" % number, RecordMark(1, "topic", 0, number, 0))
        _write(store, overlay, Position((number, 0), number))
        found = store.get_many(Table.RECORD_IDS, [b"%d" % at for at in range(6)])
        assert [mark and mark.offset for mark in found] == [
            at if at <= number else None for at in range(6)
        ]
        assert store.position.offset == number
    assert Store(disk).position.offset == 2
    store.flush()
    assert Store(disk).position.offset == 4
    assert len(list(Store(disk).items(Table.RECORD_IDS))) == 5


def test_a_deleted_value_waits_too(disk: RocksDisk) -> None:
    store = Store(disk)
    for value in (RecordMark(1, "topic", 0, 7, 0), None):
        overlay = Overlay(store)
        overlay.put(Table.RECORD_IDS, b"a", value)
        _write(store, overlay, Position())
        store.flush()
        assert store.get(Table.RECORD_IDS, b"a") == value
    overlay = Overlay(store)
    overlay.put(Table.RECORD_IDS, b"b", RecordMark(1, "topic", 0, 7, 0))
    _write(store, overlay, Position())
    overlay = Overlay(store)
    overlay.delete(Table.RECORD_IDS, b"b")
    _write(store, overlay, Position())
    assert store.get_many(Table.RECORD_IDS, [b"a", b"b"]) == [None, None]


def test_a_step_that_changes_nothing_moves_the_position_on_disk_too(disk: RocksDisk) -> None:
    store = Store(disk)
    _write(store, Overlay(store), Position((1, 0), 1))
    store.flush()
    assert Store(disk).position.offset == 1


def test_the_stores_of_a_process_share_its_memory() -> None:
    few, many = StoreOptions.for_one_of(1), StoreOptions.for_one_of(64)
    assert few == StoreOptions()
    assert many.values_bytes * 8 == few.values_bytes
    assert many.unwritten_keys * 8 == few.unwritten_keys


_SCANNED = [bytes((number,)) for number in range(8)]
_STEPS = st.lists(
    st.dictionaries(st.sampled_from(_SCANNED), st.one_of(st.none(), st.integers(0, 9))), max_size=6
)


@given(_STEPS, st.lists(st.booleans(), max_size=6), st.integers(0, 9))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_scan_sees_what_is_on_disk_and_what_waits_to_be_written(
    disk: RocksDisk, steps: list[dict[bytes, int | None]], flushes: list[bool], limit: int
) -> None:
    disk.wipe()
    store, model = Store(disk), {}
    for number, step in enumerate(steps):
        overlay = Overlay(store)
        for key, value in step.items():
            if value is None:
                overlay.delete(Table.COMMANDS, key)
                model.pop(key, None)
            else:
                overlay.put(Table.COMMANDS, key, value)
                model[key] = value
        # Tables beside it are not seen.
        overlay.put(Table.OUTBOX, b"\1", number)
        _write(store, overlay, Position())
        if number < len(flushes) and flushes[number]:
            store.flush()
    held = sorted((key, value) for key, value in model.items() if b"\1" <= key < b"\6")
    assert store.scan(Table.COMMANDS, b"\1", b"\6", limit) == held[:limit]
    assert Overlay(store).scan(Table.COMMANDS, b"\1", b"\6", limit) == held[:limit]


def test_who_pays_is_told_to_be_the_same_until_a_table_of_it_is_written(disk: RocksDisk) -> None:
    store = Store(disk)
    before = store.paying()
    usage = Overlay(store)
    usage.put(Table.BALANCES, b"a", Balances())
    assert usage.paying() is before
    _write(store, usage, Position())
    assert store.paying() is before
    for table in PAYING:
        overlay = Overlay(store)
        overlay.put(table, b"a", None)
        assert overlay.paying() is None
        assert Overlay(overlay).paying() is None
        _write(store, overlay, Position())
        assert store.paying() is not before
        before = store.paying()
    for change in (lambda: store.replay([], Position()), store.wipe):
        change()
        assert store.paying() is not before
        before = store.paying()


class _Model(RuleBasedStateMachine):
    """A store beside a dict: what is found from the start, whatever was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Store(
            RocksDisk(Path(self.folder.name) / "state"), StoreOptions(unwritten_keys=3)
        )
        self.model: dict[bytes, int] = {}
        self.number = 0

    @rule(changes=st.dictionaries(st.binary(min_size=1, max_size=2), st.booleans(), max_size=4))
    def change(self, changes: dict[bytes, bool]) -> None:
        overlay = Overlay(self.store)
        for key, is_put in changes.items():
            if is_put:
                overlay.put(Table.PERIODS, key, 1)
                self.model[key] = 1
            else:
                overlay.delete(Table.PERIODS, key)
                self.model.pop(key, None)
        self._write(overlay)

    @rule(start=st.binary(max_size=1), end=st.binary(max_size=2))
    def drop(self, start: bytes, end: bytes) -> None:
        start, end = sorted((start, end))
        overlay = Overlay(self.store)
        overlay.drop(Table.PERIODS, start, end)
        self.model = {key: 1 for key in self.model if not start <= key < end}
        self._write(overlay)

    @rule(key=st.binary(min_size=1, max_size=2))
    def replay(self, key: bytes) -> None:
        overlay = Overlay(self.store)
        overlay.put(Table.PERIODS, key, 1)
        self.model[key] = 1
        self.number += 1
        step = overlay.delta(encode_value), overlay.dropped()
        self.store.replay([step], Position((self.number, 0), self.number))

    @rule(start=st.binary(max_size=1), end=st.binary(max_size=2), limit=st.integers(1, 3))
    def scan(self, start: bytes, end: bytes, limit: int) -> None:
        wanted = sorted(key for key in self.model if start <= key < end)[:limit]
        found = self.store.scan(Table.PERIODS, start, end, limit)
        assert [key for key, _ in found] == wanted

    @rule(end=st.binary(min_size=1, max_size=2))
    def work_off(self, end: bytes) -> None:
        """Delete what stands first, as agendas do."""
        found = self.store.scan(Table.PERIODS, b"", end, 2)
        assert [key for key, _ in found] == sorted(key for key in self.model if key < end)[:2]
        self.change(dict.fromkeys((key for key, _ in found), False))

    def _write(self, overlay: Overlay) -> None:
        self.number += 1
        _write(self.store, overlay, Position((self.number, 0), self.number))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestScans = _Model.TestCase
TestScans.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
