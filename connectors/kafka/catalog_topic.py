"""Topic `catalog`: versions published in chunks, compiled by every worker, then activated.

A version is written as chunks and, last, a manifest that names them; whoever has read a manifest
has read its chunks. Publishing changes nothing yet: a version counts from the moment the
`ActivateCatalog` commands stand in `charging`. That is refused until every living worker has
compiled it, so that no partition stands still waiting for a compiler.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import TopicPartition
from msgspec import Struct

from connectors.clock import now
from connectors.errors import Corrupted, Refused, Unavailable
from connectors.kafka.client import bounds, error_of, new_consumer, new_producer, take
from connectors.kafka.codec import encode_commands
from connectors.kafka.owners import live_workers, not_ready, not_told
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog, pack_catalog, unpack_catalog, version_of
from streams.model.command import ActivateCatalog
from streams.model.instant import BEGINNING, SECOND, Instant

CHUNK_BYTES: Final = 1024 * 1024
"""A piece of a catalog; well below any broker's message limit."""

ACTIVATE_AHEAD: Final[Instant] = 30 * SECOND
"""`now` means now plus this, so that the marker reaches every partition before it counts."""

FLUSH_S: Final = 30.0

TOLD_S: Final = 15.0
"""How long an activation waits for mediation to hear of it, by way of ledger and keeper."""

_log = structlog.get_logger()


class Manifest(Struct, frozen=True, array_like=True):
    """A version is complete: it consists of `chunks` pieces of together `size_bytes`."""

    tenant: str
    version: str
    chunks: int
    size_bytes: int


class Activation(Struct, frozen=True, array_like=True):
    """The version was activated from `start` on. For tools; what counts is the ledger's marks."""

    tenant: str
    version: str
    start: Instant
    command_id: str


_encode = msgspec.msgpack.encode
_decode_manifest = msgspec.msgpack.Decoder(Manifest).decode
_decode_activation = msgspec.msgpack.Decoder(Activation).decode


class CatalogAssembly:
    """Puts the records of topic `catalog`, fed in order, together again."""

    def __init__(self) -> None:
        self.activations: dict[tuple[str, str], Activation] = {}
        """What was activated, by (tenant, version)."""
        self._chunks: dict[tuple[str, str], dict[int, bytes]] = {}
        self._seen: set[tuple[str, str]] = set()

    def take(self, key: bytes, value: bytes | None) -> Catalog | None:
        """One record; the catalog where it completes one. Raises Corrupted."""
        kind, tenant, version, *rest = key.decode().split("\0")
        name = (tenant, version)
        if value is None:
            return None
        if kind == "active":
            self.activations[name] = _decode_activation(value)
        elif kind == "chunk":
            if name not in self._seen:
                self._chunks.setdefault(name, {})[int(rest[0])] = value
        elif kind == "manifest" and name not in self._seen:
            self._seen.add(name)
            return self._assemble(_decode_manifest(value))
        return None

    def has(self, tenant: str, version: str) -> bool:
        """True where the version is complete."""
        return (tenant, version) in self._seen

    def active_versions(self, tenant: str) -> list[Activation]:
        """What was activated for the tenant, by start."""
        found = [mark for (owner, _), mark in self.activations.items() if owner == tenant]
        return sorted(found, key=lambda mark: mark.start)

    def _assemble(self, manifest: Manifest) -> Catalog:
        pieces = self._chunks.pop((manifest.tenant, manifest.version), {})
        packed = b"".join(pieces[number] for number in sorted(pieces))
        name = f"catalog {manifest.tenant} {manifest.version}"
        if len(pieces) != manifest.chunks or len(packed) != manifest.size_bytes:
            raise Corrupted(f"{name}: {len(pieces)} of {manifest.chunks} chunks")
        try:
            catalog = unpack_catalog(packed)
        except msgspec.MsgspecError as error:
            raise Corrupted(f"{name}: {error}") from error
        if version_of(catalog) != manifest.version:
            raise Corrupted(f"{name}: its content is version {version_of(catalog)}")
        return catalog


def catalog_topic(settings: KafkaSettings) -> str:
    """The broker's name of topic `catalog`."""
    return f"{settings.prefix}{Topic.CATALOG}"


def publish(settings: KafkaSettings, catalog: Catalog) -> str:
    """Write the version to the topic and return its name. Raises Unavailable, Refused."""
    packed = pack_catalog(catalog)
    tenant, version = catalog.tenant, version_of(catalog)
    starts = range(0, len(packed), CHUNK_BYTES)
    records = [
        (f"chunk\0{tenant}\0{version}\0{number}", packed[start : start + CHUNK_BYTES])
        for number, start in enumerate(starts)
    ]
    manifest = Manifest(tenant, version, len(records), len(packed))
    records.append((f"manifest\0{tenant}\0{version}", _encode(manifest)))
    topic = catalog_topic(settings)
    _produce(settings, [(topic, 0, key.encode(), value) for key, value in records])
    return version


def read_catalogs(settings: KafkaSettings) -> tuple[CatalogAssembly, list[Catalog]]:
    """All that the topic holds now. Raises Unavailable, Refused, Corrupted."""
    assembly, found = CatalogAssembly(), []
    for message in _read_all(settings):
        catalog = assembly.take(message.key(), message.value())
        if catalog is not None:
            found.append(catalog)
    return assembly, found


def activate(
    settings: KafkaSettings,
    *,
    tenant: str,
    version: str,
    start: Instant | None = None,
    patience_s: float = 30.0,
) -> Activation:
    """Make the version count from `start` on, in all partitions.

    Without `start` the first version of a tenant counts from the beginning of time, a later one
    from now plus `ACTIVATE_AHEAD`. Raises Refused for a version that was not published, or that is
    a test where those before are none, or the other way round; Unavailable where a living worker
    has not compiled it within `patience_s`. Doing it twice changes nothing.
    Returns once living mediation works by it, so that usage sent then is read by it.
    """
    assembly, catalogs = read_catalogs(settings)
    if not assembly.has(tenant, version):
        raise Refused(f"catalog {tenant} {version} was not published")
    _refuse_change_of_test(assembly, catalogs, tenant=tenant, version=version)
    if start is None:
        start = _default_start(assembly, tenant, version)
    _await_ready(settings, version, patience_s)
    mark = Activation(tenant, version, start, f"activate/{tenant}/{version}/{start}")
    command = ActivateCatalog(mark.command_id, tenant, version, start)
    packed = encode_commands((command,))
    charging = f"{settings.prefix}{Topic.CHARGING}"
    records = [(charging, partition, None, packed) for partition in range(settings.partitions)]
    key = f"active\0{tenant}\0{version}".encode()
    _produce(settings, [*records, (catalog_topic(settings), 0, key, _encode(mark))])
    _await_told(settings, version)
    return mark


def _refuse_change_of_test(
    assembly: CatalogAssembly, catalogs: Sequence[Catalog], *, tenant: str, version: str
) -> None:
    """What is real stays real, and what is a test has no real customers."""
    tests = {version_of(each): each.is_test for each in catalogs if each.tenant == tenant}
    for mark in assembly.active_versions(tenant):
        if tests[mark.version] != tests[version]:
            words = "is a test" if tests[version] else "is no test"
            raise Refused(
                f"catalog {tenant} {version} {words}, unlike {mark.version}, which was activated:"
                " `test` does not change; use another tenant"
            )


def _default_start(assembly: CatalogAssembly, tenant: str, version: str) -> Instant:
    active = assembly.active_versions(tenant)
    for mark in active:
        if mark.version == version:
            return mark.start
    return now() + ACTIVATE_AHEAD if active else BEGINNING


def _await_ready(settings: KafkaSettings, version: str, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while late := not_ready(live_workers(settings), version):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"catalog version {version} is not ready at {', '.join(late)}"
                f" after {patience_s:.0f} s; nothing was activated"
            )
        time.sleep(0.2)


def _await_told(settings: KafkaSettings, version: str) -> None:
    deadline = time.monotonic() + TOLD_S
    while late := not_told(live_workers(settings), version):
        if time.monotonic() > deadline:
            _log.warning("activated, but not known to all yet", version=version, workers=late)
            return
        time.sleep(0.2)


def _produce(settings: KafkaSettings, records: list[tuple[str, int, bytes | None, bytes]]) -> None:
    failures: list[Any] = []

    def delivered(error: Any, _message: Any) -> None:
        if error is not None:
            failures.append(error)

    producer = new_producer(settings)
    for topic, partition, key, value in records:
        producer.produce(topic, value, key, partition, on_delivery=delivered)
    left = producer.flush(FLUSH_S)
    if failures:
        raise error_of(failures[0], "catalog: not written")
    if left:
        raise Unavailable(f"catalog: {left} records not acknowledged within {FLUSH_S:.0f} s")


def _read_all(settings: KafkaSettings) -> Iterator[Any]:
    topic = catalog_topic(settings)
    with closing(new_consumer(settings)) as consumer:
        reached, end = bounds(consumer, topic, 0)
        consumer.assign([TopicPartition(topic, 0, reached)])
        while reached < end:
            for message in take(consumer, 100, 1.0):
                if message.error() is None:
                    yield message
            (position,) = consumer.position(consumer.assignment())
            reached = max(reached, position.offset)
