"""Record ids put in before a measurement are there for a worker's tables."""

from pathlib import Path

from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.record_ids import preload_ids
from infra.bench.site import Site
from streams.state import RecordState, Table
from topologies.disk import RocksDisk
from topologies.state import Store

IDS = 1200


def test_ids_stand_beside_what_the_tables_held(tmp_path: Path) -> None:
    nowhere = ClickHouseSettings(host="", port=0, user="", password="")
    site = Site(KafkaSettings(bootstrap="", partitions=2), nowhere, tmp_path)
    folder = tmp_path / "workers" / site.settings.worker / "charging"
    for partition in range(2):
        disk = RocksDisk(folder / str(partition))
        disk.write([], [(bytes([Table.COUNTERS]) + b"held", b"\x01")])
        disk.close()
    preload_ids(site, IDS)
    found = 0
    for partition in range(2):
        store = Store(RocksDisk(folder / str(partition)))
        marks = list(store.items(Table.RECORD_IDS))
        assert all(mark.state == RecordState.CHARGED for _, mark in marks)
        assert store.get(Table.COUNTERS, b"held") == 1
        found += len(marks)
        store.close()
    assert found == IDS
