"""The directory follows topic `accounts`, survives restarts, and never serves an older fact."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from connectors.accounts.directory import AccountsDirectory
from connectors.accounts.recent import RecentCache
from connectors.accounts.store import FactStore
from connectors.errors import Refused
from connectors.kafka.avro import encode
from connectors.kafka.client import new_producer
from connectors.settings import KafkaSettings
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.fact import CatalogVersions, Fact, Subject, fact_key
from streams.model.instant import BEGINNING, FOREVER
from tests.topologies.toys import wait_for


def service(number: int, account: str = "a") -> Service:
    assignment = ServiceAssignment(account, account, f"{account}/1", "plan", BEGINNING, FOREVER)
    return Service("acme", f"key-{number}", (assignment,))


def tell(kafka: KafkaSettings, subjects: list[Subject]) -> None:
    producer: Producer = new_producer(kafka)
    for subject in subjects:
        value = encode("accounts", Fact(subject, 0, 0))
        producer.produce(f"{kafka.prefix}accounts", value, fact_key(subject).encode(), 0)
        producer.poll(0)
    assert producer.flush(20) == 0


@contextmanager
def directory(kafka: KafkaSettings, folder: Path) -> Iterator[AccountsDirectory]:
    followed = AccountsDirectory(kafka, folder / "accounts", services_cached=10)
    followed.start()
    try:
        followed.wait_current()
        yield followed
    finally:
        followed.close()


def test_what_is_told_is_found(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    """Services come by tenant and id, catalog versions by tenant; accounts are not kept."""
    account = Account("acme", "a", "a", "postpaid", "EUR", "UTC")
    versions = CatalogVersions("acme", ((BEGINNING, "v1"),))
    tell(kafka_settings, [account, *(service(n) for n in range(100)), versions])
    with directory(kafka_settings, tmp_path) as followed:
        assert followed.position == 101
        found = followed.lookup([("acme", "key-7"), ("other", "key-7"), ("acme", "key-200")])
        assert found == [service(7), None, None]
        assert followed.marks["acme"].at(0) == "v1"


def test_a_newer_fact_replaces_what_was_looked_up(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """The cache forgets what changed, and what was unknown is found once it is told."""
    tell(kafka_settings, [service(1)])
    with directory(kafka_settings, tmp_path) as followed:
        assert followed.lookup([("acme", "key-1"), ("acme", "key-2")]) == [service(1), None]
        tell(kafka_settings, [service(1, "b"), service(2)])
        wait_for(lambda: followed.position == 2, "both facts")
        newest = [service(1, "b"), service(2)]
        assert followed.lookup([("acme", "key-1"), ("acme", "key-2")]) == newest


def test_a_restart_goes_on_where_it_was(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    """Facts and position are on disk; what was told meanwhile is read before it is ready."""
    tell(kafka_settings, [service(n) for n in range(50)])
    with directory(kafka_settings, tmp_path):
        pass
    tell(kafka_settings, [service(3, "b")])
    store = FactStore(tmp_path / "accounts", origin="")
    assert store.position == -1  # of another topic: thrown away
    store.close()
    with directory(kafka_settings, tmp_path) as followed:
        assert followed.position == 50
        assert followed.lookup([("acme", "key-3"), ("acme", "key-4")]) == [
            service(3, "b"),
            service(4),
        ]


def test_many_services_stay_in_bounded_memory(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """Every one of many is found, while only a few are kept decoded."""
    count = 3000
    tell(kafka_settings, [service(n) for n in range(count)])
    with directory(kafka_settings, tmp_path) as followed:
        for start in range(0, count, 500):
            numbers = range(start, start + 500)
            found = followed.lookup([("acme", f"key-{n}") for n in numbers])
            assert found == [service(n) for n in numbers]
        assert len(followed._cache) <= 20


def test_a_missing_topic_is_refused(kafka: KafkaSettings, tmp_path: Path) -> None:
    settings = KafkaSettings(bootstrap=kafka.bootstrap, prefix="nobody.")
    with pytest.raises(Refused, match=r"topic nobody\.accounts does not exist"):
        AccountsDirectory(settings, tmp_path / "accounts")


def test_broken_files_are_wiped(tmp_path: Path) -> None:
    """A store that cannot be opened begins again with nothing."""
    path = tmp_path / "accounts"
    store = FactStore(path, origin="x")
    store.write([(b"service\0acme\0k", b"v")], 9)
    store.close()
    (path / "CURRENT").write_text("nonsense")
    again = FactStore(path, origin="x")
    assert again.position == -1
    assert list(again.get_many([b"service\0acme\0k"])) == [None]
    again.close()


def test_the_cache_keeps_what_is_asked_for() -> None:
    cache: RecentCache[bytes, int] = RecentCache(4)
    for number in range(100):
        cache.put(b"%d" % number, number)
        cache.put(b"often", -1)
        assert cache.get(b"often") == -1
    assert len(cache) <= 8
    cache.drop(b"often")
    assert cache.get(b"often") is None


def test_a_number_is_found_by_its_range_after_a_restart_too(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    wide = replace(service(1), service_id="4100..4199")
    tell(kafka_settings, [service(1), wide])
    keys = [("acme", "4100"), ("acme", "4200"), ("other", "4100"), ("acme", "key-1")]
    for _ in range(2):
        with directory(kafka_settings, tmp_path) as followed:
            assert followed.lookup(keys) == [wide, None, None, service(1)]
