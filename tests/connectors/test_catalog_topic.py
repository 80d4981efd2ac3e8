"""Catalog versions on their topic: assembled from chunks, compiled aside, activated when ready."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from msgspec.structs import replace as with_changes

from connectors.errors import Corrupted, Refused, Unavailable
from connectors.kafka import catalog_topic
from connectors.kafka.catalog_library import CatalogLibrary
from connectors.kafka.catalog_topic import CatalogAssembly, activate, publish, read_catalogs
from connectors.kafka.client import bounds, new_consumer, take
from connectors.kafka.codec import decode_charging
from connectors.kafka.owners import (
    OwnersAnnouncer,
    WorkerAnnouncement,
    live_workers,
    not_ready,
    not_told,
)
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog, CurrencyRule, UsageType, version_of
from streams.model.command import ActivateCatalog
from streams.model.instant import BEGINNING
from tests.topologies.toys import wait_for


def catalog(tenant: str = "acme", *, usage_types: int = 1) -> Catalog:
    return Catalog(
        tenant=tenant,
        currencies=(CurrencyRule(code="EUR", digits=2, rounding="half_up"),),
        usage_types=tuple(UsageType(id=f"type-{n}", units=("s",)) for n in range(usage_types)),
        price_plans=(),
    )


@contextmanager
def library(kafka: KafkaSettings) -> Iterator[CatalogLibrary[str]]:
    followed = CatalogLibrary(kafka, _compile)
    followed.start()
    try:
        yield followed
    finally:
        followed.close()


def _compile(found: Catalog) -> str:
    if found.tenant == "broken":
        raise ValueError("does not compile")
    return found.tenant


def commands(kafka: KafkaSettings) -> list[tuple[int, ActivateCatalog]]:
    """Every activation command on `charging`, with its partition."""
    found = []
    for partition in range(kafka.partitions):
        consumer = new_consumer(kafka)
        first, end = bounds(consumer, f"{kafka.prefix}charging", partition)
        place = catalog_topic.TopicPartition(f"{kafka.prefix}charging", partition, first)
        consumer.assign([place])
        left = end - first
        while left:
            for message in take(consumer, 100, 1.0):
                left -= 1
                found += [(partition, command) for command in decode_charging(message.value())]
        consumer.close()
    return found


def test_a_large_version_is_assembled_from_its_chunks(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_topic, "CHUNK_BYTES", 100)
    large = catalog(usage_types=200)
    version = publish(kafka_settings, large)
    assert version == version_of(large)
    assembly, found = read_catalogs(kafka_settings)
    assert found == [large]
    assert assembly.has("acme", version)


def test_every_version_is_compiled_and_a_broken_one_left_out(
    kafka_settings: KafkaSettings,
) -> None:
    """A version that does not compile hinders none of the others; new ones come as published."""
    publish(kafka_settings, catalog("broken"))
    first = publish(kafka_settings, catalog())
    with library(kafka_settings) as followed:
        followed.wait_ready()
        assert dict(followed.plans) == {first: "acme"}
        second = publish(kafka_settings, catalog(usage_types=2))
        wait_for(lambda: second in followed.plans, "the second version")
        assert followed.versions() == tuple(sorted((first, second)))
        followed.check()


def test_publishing_twice_is_harmless(kafka_settings: KafkaSettings) -> None:
    assert publish(kafka_settings, catalog()) == publish(kafka_settings, catalog())
    _, found = read_catalogs(kafka_settings)
    assert found == [catalog()]


def test_an_activation_reaches_every_partition(kafka_settings: KafkaSettings) -> None:
    """The first version counts from the beginning, the next from soon; repeats are the same."""
    first = publish(kafka_settings, catalog())
    mark = activate(kafka_settings, tenant="acme", version=first)
    assert mark.start == BEGINNING
    assert activate(kafka_settings, tenant="acme", version=first) == mark
    found = commands(kafka_settings)
    assert {partition for partition, _ in found} == set(range(kafka_settings.partitions))
    assert {command for _, command in found} == {
        ActivateCatalog(mark.command_id, "acme", first, BEGINNING)
    }
    second = publish(kafka_settings, catalog(usage_types=2))
    later = activate(kafka_settings, tenant="acme", version=second)
    assert later.start > time.time_ns() // 1000


def test_what_was_not_published_is_refused(kafka_settings: KafkaSettings) -> None:
    with pytest.raises(Refused, match="catalog acme 0123456789abcdef was not published"):
        activate(kafka_settings, tenant="acme", version="0123456789abcdef")


def test_activation_waits_for_every_living_worker(kafka_settings: KafkaSettings) -> None:
    """Refused, naming who is late, while a living worker has not compiled the version."""
    version = publish(kafka_settings, catalog())
    announcer = OwnersAnnouncer(kafka_settings)
    announcer.announce(WorkerAnnouncement(worker="w1", agents=("charging",), versions=(version,)))
    late = WorkerAnnouncement(worker="w2", agents=("charging",), partitions={0: 7})
    announcer.announce(late)
    wait_for(lambda: len(live_workers(kafka_settings)) == 2, "both workers")
    with pytest.raises(Unavailable, match=f"{version} is not ready at w2 .* nothing was activated"):
        activate(kafka_settings, tenant="acme", version=version, patience_s=0.5)
    assert commands(kafka_settings) == []
    announcer.withdraw("w2")
    wait_for(lambda: not_ready(live_workers(kafka_settings), version) == [], "w2 gone")
    activate(kafka_settings, tenant="acme", version=version, patience_s=0.5)


def test_activation_waits_until_mediation_knows(kafka_settings: KafkaSettings) -> None:
    """It returns when mediation is told, or after a while with the activation done all the same."""
    version = publish(kafka_settings, catalog())
    announcer = OwnersAnnouncer(kafka_settings)
    ready = WorkerAnnouncement(worker="w1", agents=("mediation",), versions=(version,))
    announcer.announce(ready)
    wait_for(lambda: not_told(live_workers(kafka_settings), version) == ["w1"], "w1")
    with ThreadPoolExecutor(1) as pool:
        activating = pool.submit(activate, kafka_settings, tenant="acme", version=version)
        wait_for(lambda: commands(kafka_settings), "the commands")
        assert not activating.done()
        announcer.announce(with_changes(ready, active=(version,)))
        assert activating.result(15).version == version


def test_an_old_announcement_is_not_alive(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    announcer = OwnersAnnouncer(kafka_settings)
    announcer.announce(WorkerAnnouncement(worker="w1", agents=("charging",)))
    wait_for(lambda: live_workers(kafka_settings), "w1")
    monkeypatch.setattr("connectors.kafka.owners.FRESH", -1)
    assert live_workers(kafka_settings) == {}


def test_a_catalog_that_contradicts_itself_is_corrupted() -> None:
    """A lost chunk, or content that is not the version it claims to be."""
    manifest = catalog_topic.Manifest("acme", "0123456789abcdef", 1, 3)
    packed = catalog_topic._encode(manifest)
    lacking = CatalogAssembly()
    with pytest.raises(Corrupted, match="0 of 1 chunks"):
        lacking.take(b"manifest\0acme\x000123456789abcdef", packed)
    wrong = CatalogAssembly()
    body = catalog_topic.pack_catalog(catalog())
    wrong.take(b"chunk\0acme\x000123456789abcdef\x000", body)
    claim = catalog_topic.Manifest("acme", "0123456789abcdef", 1, len(body))
    with pytest.raises(Corrupted, match="its content is version"):
        wrong.take(b"manifest\0acme\x000123456789abcdef", catalog_topic._encode(claim))
