"""The catalog that counts last: read on from the last question, also where versions come again."""

import pytest

from connectors.errors import Refused
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.newest_catalogs import NewestCatalogs
from connectors.settings import KafkaSettings
from streams.model.instant import DAY
from tests.connectors.test_catalog_topic import catalog


def test_only_what_is_new_is_read_and_the_newest_counts(kafka_settings: KafkaSettings) -> None:
    newest = NewestCatalogs(kafka_settings)
    first, second = catalog(usage_types=1), catalog(usage_types=2)
    version = publish(kafka_settings, first)
    with pytest.raises(Refused, match="no catalog in force"):
        newest.of("acme")
    activate(kafka_settings, tenant="acme", version=version, start=DAY)
    assert newest.of("acme") == first
    read_to = newest.read_to
    assert newest.of("acme") == first
    assert newest.read_to == read_to
    later = publish(kafka_settings, second)
    assert newest.of("acme") == first
    activate(kafka_settings, tenant="acme", version=later, start=2 * DAY)
    assert newest.of("acme") == second
    activate(kafka_settings, tenant="acme", version=version, start=3 * DAY)
    assert newest.of("acme") == first
    with pytest.raises(Refused, match="no catalog in force"):
        newest.of("other")
