"""Every published catalog version, compiled: topic `catalog` followed in a thread."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import structlog
from confluent_kafka import TopicPartition

from connectors.errors import ConnectorError, Refused, Unavailable
from connectors.kafka.catalog_topic import CatalogAssembly, catalog_topic
from connectors.kafka.client import bounds, error_of, new_consumer, take
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog, version_of

P = TypeVar("P")

_log = structlog.get_logger()


class CatalogLibrary(Generic[P]):
    """Compiled plans by version. `plans` is live: it grows, and nothing in it is ever changed.

    `start` returns at once; `wait_ready` returns when all that the topic held at the call is
    compiled. A version that does not compile is told and left out, so that its activation waits;
    a topic that contradicts itself stops the library, and `check` raises why.
    """

    def __init__(self, settings: KafkaSettings, compile_catalog: Callable[[Catalog], P]) -> None:
        self._settings = settings
        self._compile = compile_catalog
        self._plans: dict[str, P] = {}
        self._assembly = CatalogAssembly()
        self._read_to = 0
        self._failure: ConnectorError | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="catalog", daemon=True)

    @property
    def plans(self) -> Mapping[str, P]:
        """Version → compiled plan."""
        return self._plans

    def versions(self) -> tuple[str, ...]:
        """The versions that are ready, sorted."""
        return tuple(sorted(self._plans))

    def start(self) -> None:
        """Begin to follow the topic."""
        self._thread.start()

    def close(self) -> None:
        """Stop following. The plans stay usable."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def check(self) -> None:
        """Raise what stopped the library, if anything did."""
        if self._failure is not None:
            raise self._failure

    def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Return once all that is published now is compiled. Raises Unavailable."""
        topic = catalog_topic(self._settings)
        consumer = new_consumer(self._settings)
        try:
            _, end = bounds(consumer, topic, 0)
        finally:
            consumer.close()
        deadline = time.monotonic() + timeout_s
        while self._read_to < end:
            self.check()
            if time.monotonic() > deadline:
                raise Unavailable(f"{topic}: read to {self._read_to} of {end} in {timeout_s:.0f} s")
            time.sleep(0.01)

    def _follow(self) -> None:
        try:
            self._follow_topic()
        except ConnectorError as error:
            self._failure = error
            _log.error("catalog: stopped following", cause=str(error))

    def _follow_topic(self) -> None:
        topic = catalog_topic(self._settings)
        consumer = new_consumer(self._settings)
        try:
            first, _ = bounds(consumer, topic, 0)
            consumer.assign([TopicPartition(topic, 0, first)])
            while not self._stopping.is_set():
                for message in take(consumer, 100, 0.25):
                    self._take(message)
                (reached,) = consumer.position(consumer.assignment())
                self._read_to = max(self._read_to, reached.offset, first)
        finally:
            consumer.close()

    def _take(self, message: Any) -> None:
        if message.error() is not None:
            error = error_of(message.error(), catalog_topic(self._settings))
            if isinstance(error, Refused):
                raise error
            return
        catalog = self._assembly.take(message.key(), message.value())
        if catalog is None:
            return
        version = version_of(catalog)
        try:
            self._plans[version] = self._compile(catalog)
        except Exception:  # whatever a compiler trips over must not stop the other versions
            _log.exception("catalog does not compile", tenant=catalog.tenant, version=version)
            return
        _log.info("catalog ready", tenant=catalog.tenant, version=version)
