"""The time of a test tenant by the door: spans, who is refused, and what is stored of it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.api.clock import advance_of, later_by
from connectors.api.keys import Scope
from connectors.catalog.load import load_catalog
from connectors.clickhouse.client import Database
from connectors.clickhouse.clocks import own_times_of
from connectors.clickhouse.migrate import migrate
from connectors.clock import now
from connectors.errors import Refused
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.codec import decode_charging, encode_value
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli.clock import _steps
from streams.model.command import AdvanceClock, Command
from streams.model.instant import DAY, HOUR, Instant, instant_of_day
from tests.connectors.door import Door, DoorSettings, is_problem

CLOCK = "/v1/tenants/acme-test/clock"
SOLD = """\
currencies: [{code: CHF}]
usage_types: [{id: call, units: [min]}]
price_plans:
  - id: voice
    currency: CHF
    offers:
      - {id: calls, usage_type: call, from: 2026-01-01, prices: [{per_unit: {amounts: {min: 1}}}]}
"""


def day(text: str) -> Instant:
    return instant_of_day(date.fromisoformat(text))


@pytest.mark.parametrize(
    ("begin", "span", "end"),
    [
        ("2026-01-15", "1m", "2026-02-15"),
        ("2026-01-31", "1m", "2026-02-28"),
        ("2024-01-31", "1m", "2024-02-29"),
        ("2026-12-31", "1m", "2027-01-31"),
        ("2026-11-30", "14m", "2028-01-30"),
        ("2026-02-28", "1d", "2026-03-01"),
        ("2026-02-28", "48h", "2026-03-02"),
    ],
)
def test_a_span_later(begin: str, span: str, end: str) -> None:
    assert later_by(day(begin) + HOUR, span) == day(end) + HOUR


@pytest.mark.parametrize("span", ["", "0d", "1", "d", "-1d", "1.5d", "1w", "1D", " 1d", "100000h"])
def test_what_is_no_span(span: str) -> None:
    assert later_by(0, span) is None


def test_steps_end_with_the_span() -> None:
    assert _steps(0, "3d", "1d") == [DAY, 2 * DAY, 3 * DAY]
    assert _steps(0, "36h", "1d") == [DAY, 36 * HOUR]
    assert _steps(0, "1h", "1d") == [HOUR]


def test_an_advance_is_named_by_what_it_says() -> None:
    assert advance_of("t", 0) == AdvanceClock("advance/t/1970-01-01T00:00:00.000000Z", "t", 0)


def put_catalog(kafka: KafkaSettings, folder: Path, tenant: str, *more: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "catalog.yaml").write_text("\n".join([f"tenant: {tenant}", *more, SOLD]))
    activate(kafka, tenant=tenant, version=publish(kafka, load_catalog(folder)))


@pytest.fixture
def door(
    tmp_path: Path, kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> Iterator[Door]:
    """A door that knows a tenant that is real, and one that is a test."""
    migrate(clickhouse_settings)
    put_catalog(kafka_settings, tmp_path / "real", "acme")
    put_catalog(kafka_settings, tmp_path / "test", "acme-test", "test: true")
    opened = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    yield opened
    opened.close()


def advances(kafka: KafkaSettings) -> list[AdvanceClock]:
    found: list[Command] = []
    with TopicReader(kafka, Topic.CHARGING) as reader:
        for message in reader.to_end():
            taken = decode_charging(message.value())
            assert isinstance(taken, tuple)
            found += taken
    return [each for each in found if isinstance(each, AdvanceClock)]


def test_the_time_is_moved_by_a_command_to_all_partitions(
    door: Door, kafka_settings: KafkaSettings
) -> None:
    before = now()
    answer = door.client(Scope.WRITE).post(f"{CLOCK}/advance", json={"by": "1d"})
    assert answer.status_code == 202, answer.text
    sent = advances(kafka_settings)
    assert len(sent) == kafka_settings.partitions
    (command,) = set(sent)
    assert answer.json()["ids"] == [command.command_id]
    assert before + DAY <= command.at <= now() + DAY


def test_what_is_refused_at_the_door(door: Door, kafka_settings: KafkaSettings) -> None:
    client = door.client(Scope.WRITE)
    real = client.post("/v1/tenants/acme/clock/advance", json={"by": "1d"})
    assert is_problem(real, 409)
    assert is_problem(client.post("/v1/tenants/nobody/clock/advance", json={"by": "1d"}), 404)
    for wrong in ("1w", "367d", ""):
        assert is_problem(client.post(f"{CLOCK}/advance", json={"by": wrong}), 422)
    assert is_problem(client.post(f"{CLOCK}/advance", json={"of": "1d"}), 400)
    assert is_problem(door.client(Scope.READ).post(f"{CLOCK}/advance", json={"by": "1d"}), 403)
    assert advances(kafka_settings) == []


def test_the_stored_time_leaves_out_what_was_refused(
    door: Door, clickhouse_settings: ClickHouseSettings
) -> None:
    client = door.client(Scope.READ)
    assert client.get(CLOCK).json()["own"] is False
    start = day("2026-03-01")
    with Database(clickhouse_settings) as database:
        for partition, at in ((0, start), (1, start), (0, start + DAY), (1, start + 9 * DAY)):
            command = advance_of("acme-test", at)
            database.command(
                "INSERT INTO commands (tenant, charging_partition, charging_offset, kind,"
                f" command_id, body) VALUES ('acme-test', {partition}, {at // DAY},"
                f" 'AdvanceClock', '{command.command_id}', unhex('{encode_value(command).hex()}'))"
            )
        refused = f"clock/{advance_of('acme-test', start + 9 * DAY).command_id}/1"
        database.command(
            "INSERT INTO verdicts (tenant, usage_type, event_id)"
            f" VALUES ('acme-test', 'clock', '{refused}')"
        )
        assert own_times_of(database, "acme-test") == {0: start + DAY, 1: start}
        assert own_times_of(database, "acme") == {}
    answer = {"own": True, "at": "2026-03-01T00:00:00.000000Z"}
    assert client.get(CLOCK).json() == answer


def test_a_tenant_stays_what_it_is(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    changes = (("a", "test: true", "test: false"), ("b", "late: open_period", "test: true"))
    for tenant, first, second in changes:
        put_catalog(kafka_settings, tmp_path / tenant, tenant, first)
        with pytest.raises(Refused, match="`test` does not change"):
            put_catalog(kafka_settings, tmp_path / tenant, tenant, second)
        put_catalog(kafka_settings, tmp_path / tenant, tenant, first, "grace: 2h")
