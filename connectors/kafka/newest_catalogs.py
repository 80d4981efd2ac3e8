"""The catalog that counts last, of any tenant: topic `catalog` read on from where it was left."""

from contextlib import closing
from threading import Lock

from confluent_kafka import TopicPartition

from connectors.errors import Refused
from connectors.kafka.catalog_topic import CatalogAssembly, catalog_topic
from connectors.kafka.client import bounds, new_consumer, take
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog, version_of


class NewestCatalogs:
    """Answers by what the topic holds at the question; only what is new since the last is read.

    Versions that count no more are let go; where one is put in force again, the topic is read anew.
    Any thread may ask.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._begin_anew()

    @property
    def read_to(self) -> int:
        """The offset of the first record that was not read yet."""
        return self._read_to

    def of(self, tenant: str) -> Catalog:
        """What new prices of the tenant are checked against.

        Raises Refused where no catalog was activated; Unavailable, Corrupted.
        """
        with self._lock:
            self._read_on()
            active = self._assembly.active_versions(tenant)
            if not active:
                raise Refused(f"tenant {tenant} has no catalog in force")
            if (tenant, active[-1].version) not in self._catalogs:
                self._begin_anew()
                self._read_on()
                active = self._assembly.active_versions(tenant)
            for mark in active[:-1]:
                self._catalogs.pop((tenant, mark.version), None)
            return self._catalogs[tenant, active[-1].version]

    def _begin_anew(self) -> None:
        self._assembly = CatalogAssembly()
        self._catalogs: dict[tuple[str, str], Catalog] = {}
        self._read_to = 0

    def _read_on(self) -> None:
        topic = catalog_topic(self._settings)
        with closing(new_consumer(self._settings)) as consumer:
            first, end = bounds(consumer, topic, 0)
            if end < self._read_to:
                # Another topic of the same name: what was read is gone.
                self._begin_anew()
            self._read_to = max(self._read_to, first)
            if self._read_to == end:
                return
            consumer.assign([TopicPartition(topic, 0, self._read_to)])
            while self._read_to < end:
                for message in take(consumer, 100, 1.0):
                    if message.error() is None:
                        self._take(message.key(), message.value())
                (position,) = consumer.position(consumer.assignment())
                self._read_to = max(self._read_to, position.offset)

    def _take(self, key: bytes, value: bytes | None) -> None:
        catalog = self._assembly.take(key, value)
        if catalog is not None:
            self._catalogs[catalog.tenant, version_of(catalog)] = catalog
