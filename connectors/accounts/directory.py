"""The worker's copy of topic `accounts`: which service id belongs to whom, and what is active.

A thread follows the topic into a local store; look-ups come from the event loop, one multi-get for
a whole fetch, through a bounded cache of decoded values. What a look-up finds is at least as new as
`position` was before it.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import TopicPartition

from connectors.accounts.recent import RecentCache
from connectors.accounts.store import FactStore
from connectors.errors import ConnectorError, Refused, Unavailable
from connectors.kafka.avro import decode
from connectors.kafka.client import bounds, describe_topics, error_of, new_consumer, take
from connectors.kafka.codec import encode_value
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.account import Service
from streams.model.fact import CatalogVersions, fact_key
from streams.model.number_range import range_of
from streams.ranges import RangeBook
from streams.state import CatalogMarks

SERVICES_CACHED: Final = 50_000
"""Decoded services in one generation of the cache, about 1 KB each; there are two generations."""

FACTS_AT_ONCE: Final = 2_000

_CATALOG: Final = b"catalog\0"

_SERVICE: Final = b"service\0"

_RANGE: Final = b"range\0"
"""Before a range's key once more: ranges are few, and all of them are kept in memory."""

ServiceKey = tuple[str, str]
"""Tenant and service id."""

_log = structlog.get_logger()
_decode_service = msgspec.msgpack.Decoder(Service).decode
_decode_catalog = msgspec.msgpack.Decoder(CatalogVersions).decode


class AccountsDirectory:
    """Services and active catalog versions as topic `accounts` tells them.

    `start` returns at once; `wait_current` returns when the store reflects all that was in the
    topic when it was called. Look-ups raise what stopped the follower.
    """

    def __init__(
        self, settings: KafkaSettings, folder: Path, *, services_cached: int = SERVICES_CACHED
    ) -> None:
        self._settings = settings
        self._topic = f"{settings.prefix}{Topic.ACCOUNTS}"
        facts = describe_topics(settings, [self._topic]).get(self._topic)
        if facts is None:
            raise Refused(f"topic {self._topic} does not exist")
        self._store = FactStore(folder, origin=facts.topic_id)
        self._cache: RecentCache[ServiceKey, Service] = RecentCache(services_cached)
        self._lock = threading.Lock()
        self._epoch = 0
        self._marks = self._stored_marks()
        self._ranges = self._stored_ranges()
        self._position = self._store.position
        self._stopping = threading.Event()
        self._failure: ConnectorError | None = None
        self._thread = threading.Thread(target=self._follow, name="accounts", daemon=True)

    def start(self) -> None:
        """Begin to follow the topic."""
        self._thread.start()

    def close(self) -> None:
        """Stop following and let go of the files."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._store.close()

    @property
    def position(self) -> int:
        """The offset of topic `accounts` that is reflected, -1 for none."""
        return self._position

    @property
    def marks(self) -> dict[str, CatalogMarks]:
        """The catalog versions of each tenant and when they begin. A new object at each change."""
        return self._marks

    def lookup(self, keys: Sequence[ServiceKey]) -> list[Service | None]:
        """The services of (tenant, service id) pairs, None where unknown."""
        if self._failure is not None:
            raise self._failure
        found = self._cache.get_young(keys)
        if not all(found):
            self._look_further(keys, found)
        if self._ranges:
            return [self._ranges.seen(*key, each) for key, each in zip(keys, found, strict=True)]
        return found

    def _look_further(self, keys: Sequence[ServiceKey], found: list[Service | None]) -> None:
        """Fill in what the old generation has, and what only the store has."""
        # A fact that comes meanwhile must not miss what moves from one generation to the other.
        with self._lock:
            for index, key in enumerate(keys):
                if found[index] is None:
                    found[index] = self._cache.get(key)
        missing = [index for index, service in enumerate(found) if service is None]
        if missing:
            self._read_missing(keys, found, missing)

    def _read_missing(
        self, keys: Sequence[ServiceKey], found: list[Service | None], missing: list[int]
    ) -> None:
        epoch = self._epoch
        stored = self._store.get_many([_stored_key(*keys[index]) for index in missing])
        for index, packed in zip(missing, stored, strict=True):
            if packed is not None:
                found[index] = _decode_service(packed)
        with self._lock:
            # A fact that came between the read and now has dropped its key; do not bring it back.
            if epoch == self._epoch:
                for index in missing:
                    service = found[index]
                    if service is not None:
                        self._cache.put(keys[index], service)

    def wait_current(self, timeout_s: float = 120.0) -> None:
        """Return once all that is in the topic now is reflected. Raises Unavailable."""
        consumer = new_consumer(self._settings)
        try:
            _, end = bounds(consumer, self._topic, 0)
        finally:
            consumer.close()
        deadline = time.monotonic() + timeout_s
        while self._read_to < end:
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > deadline:
                raise Unavailable(f"{self._topic}: read to {self._read_to} of {end} in time")
            time.sleep(0.01)

    _read_to: int = 0
    """The next offset to be read; beyond `position + 1` where compaction left a tail of nothing."""

    def _follow(self) -> None:
        try:
            self._follow_topic()
        except ConnectorError as error:
            self._failure = error
            _log.error("accounts: stopped following", cause=str(error))

    def _follow_topic(self) -> None:
        consumer = new_consumer(self._settings)
        try:
            first, end = bounds(consumer, self._topic, 0)
            if self._store.position >= end:
                _log.warning("accounts: the topic is shorter than the local copy; read it again")
                self._begin_again()
            self._read_to = max(first, self._store.position + 1)
            consumer.assign([TopicPartition(self._topic, 0, self._read_to)])
            while not self._stopping.is_set():
                self._apply(take(consumer, FACTS_AT_ONCE, 0.25))
                (reached,) = consumer.position(consumer.assignment())
                self._read_to = max(self._read_to, reached.offset)
        finally:
            consumer.close()

    def _begin_again(self) -> None:
        self._store.wipe()
        self._position = -1
        with self._lock:
            self._epoch += 1
            self._cache = RecentCache(SERVICES_CACHED)
            self._marks = {}
            self._ranges = RangeBook()

    def _apply(self, messages: Sequence[Any]) -> None:
        changes: dict[bytes, bytes | None] = {}
        marks = dict(self._marks)
        ranges: list[Service] = []
        last = self._store.position
        for message in messages:
            if message.error() is not None:
                self._heed(message)
                continue
            last = message.offset()
            key = bytes(message.key())
            if message.value() is None:
                changes[key] = None
                continue
            subject = decode(Topic.ACCOUNTS, message.value()).subject
            if isinstance(subject, CatalogVersions):
                marks[subject.tenant] = CatalogMarks(subject.marks)
            if not key.startswith(b"account\0"):
                packed = encode_value(subject)
                changes[fact_key(subject).encode()] = packed
                if isinstance(subject, Service) and range_of(subject.service_id) is not None:
                    changes[_RANGE + fact_key(subject).encode()] = packed
                    ranges.append(subject)
        if last != self._store.position:
            self._store.write(list(changes.items()), last)
            self._publish(changes, marks)
            for each in ranges:
                self._ranges.put(each)
            # Only now: a look-up after this must not find what the cache had before.
            self._position = last

    def _publish(self, changes: dict[bytes, bytes | None], marks: dict[str, CatalogMarks]) -> None:
        with self._lock:
            self._epoch += 1
            for key in changes:
                if key.startswith(_SERVICE):
                    tenant, service_id = key.decode().split("\0", 2)[1:]
                    self._cache.drop((tenant, service_id))
        if marks != self._marks:
            self._marks = marks

    def _heed(self, message: Any) -> None:
        error = error_of(message.error(), self._topic)
        if isinstance(error, Refused):
            raise error

    def _stored_ranges(self) -> RangeBook:
        book = RangeBook()
        for _, packed in self._store.items(_RANGE):
            book.put(_decode_service(packed))
        return book

    def _stored_marks(self) -> dict[str, CatalogMarks]:
        stored = (_decode_catalog(packed) for _, packed in self._store.items(_CATALOG))
        return {versions.tenant: CatalogMarks(versions.marks) for versions in stored}


def _stored_key(tenant: str, service_id: str) -> bytes:
    return b"%s%s\0%s" % (_SERVICE, tenant.encode(), service_id.encode())
