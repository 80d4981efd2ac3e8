"""The HTTP door, by a real server and a real client."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import jsonschema
import pytest
from confluent_kafka import TopicPartition

from connectors.api.keys import FIRST_KEY_FILE, KEYS_FILE, KeyStore, Scope
from connectors.api.limits import BODY_BYTES_MAX
from connectors.api.routes import ROUTES
from connectors.catalog.load import load_catalog
from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.errors import Corrupted, Refused
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import bounds, new_consumer, take
from connectors.kafka.codec import decode_charging
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.command import PutPrices
from tests.connectors.door import Door, DoorSettings, is_problem
from tests.infra.waiting import until

NOWHERE = KafkaSettings(bootstrap="127.0.0.1:1")


@pytest.fixture
def no_database() -> ClickHouseSettings:
    return ClickHouseSettings(host="127.0.0.1", port=1, user="u", password="p")


@pytest.fixture
def door(tmp_path: Path, no_database: ClickHouseSettings) -> Iterator[Door]:
    """A door whose engines are away."""
    opened = Door(DoorSettings(NOWHERE, no_database, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def full_door(
    tmp_path: Path, kafka: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> Iterator[Door]:
    """A door with engines and tables."""
    migrate(clickhouse_settings)
    opened = Door(DoorSettings(kafka, clickhouse_settings, tmp_path))
    yield opened
    opened.close()


def test_health_is_open_and_says_what_is_wrong_only_to_a_key(door: Door) -> None:
    response = door.client().get("/health")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
    told = door.client(Scope.READ).get("/health").json()
    assert set(told["dependencies"]) == {"kafka", "clickhouse"}
    assert "127.0.0.1:1" in told["dependencies"]["kafka"]


def test_everything_else_needs_a_key(door: Door) -> None:
    for route in ROUTES:
        if route.scope is not None and not route.registry:
            path = route.path.replace("{tenant}", "acme").replace("{account}", "a")
            response = door.client().request(route.method, path)
            assert is_problem(response, 401), route.path
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "text", ["vivace_x_y", "", "vivace__", "other_000000000000_x", "ä", "vivace_" + "a" * 5000]
)
def test_a_wrong_key_is_refused(door: Door, text: str) -> None:
    door.client(Scope.READ)
    headers = {"X-API-Key": text.encode()}
    response = httpx.get(f"{door.address}/metrics", headers=headers)
    assert is_problem(response, 401)


def test_a_changed_secret_and_a_revoked_key_are_refused(door: Door) -> None:
    key, text = door.keys.create(name="k", scope=Scope.READ, tenant="", at=1)
    client = door.client()

    def status(presented: str) -> int:
        headers = {"Authorization": f"Bearer {presented}"}
        return client.get("/metrics", headers=headers).status_code

    assert status(text) == 200
    assert client.get("/metrics", auth=("anybody", text)).status_code == 200
    assert is_problem(client.get("/metrics", headers={"Authorization": "Basic ?"}), 401)
    assert status(text[:-1] + ("A" if text[-1] != "A" else "B")) == 401
    door.keys.revoke(key.key_id)
    assert status(text) == 401


def test_a_key_reaches_its_own_tenant_alone(door: Door) -> None:
    client = door.client(Scope.ADMIN, tenant="acme")
    assert is_problem(client.get("/v1/tenants/other/accounts/a/balance"), 403)
    assert is_problem(client.get("/metrics"), 403)
    assert is_problem(client.get("/v1/tenants/acme/accounts/a/balance"), 503)


def test_errors_are_problems_and_tell_no_secrets(door: Door) -> None:
    client = door.client(Scope.READ)
    assert is_problem(client.get("/nothing"), 404)
    assert is_problem(client.delete("/health"), 405)
    away = client.get("/v1/tenants/acme/accounts/a")
    assert is_problem(away, 503)
    assert away.headers["retry-after"] == "1"
    assert "127.0.0.1" not in away.text
    assert is_problem(client.get("/v1/tenants/acme/suspense/xyz"), 400)
    for limit in ("0", "1001", "-1", "many"):
        assert is_problem(client.get(f"/v1/tenants/acme/suspense?limit={limit}"), 400)


def test_a_large_body_is_refused_whether_it_says_so_or_not(door: Door) -> None:
    client, size = door.client(Scope.READ), BODY_BYTES_MAX + 1
    assert is_problem(client.post("/subjects/alerts-value", content=b"x" * size), 413)
    chunks = iter([b"x" * 65_536] * (size // 65_536 + 1))
    assert is_problem(client.post("/subjects/alerts-value", content=chunks), 413)


def test_the_registry_is_open_by_default_and_can_be_closed(
    tmp_path: Path, no_database: ClickHouseSettings, door: Door
) -> None:
    assert door.client().get("/subjects").status_code == 200
    closed = Door(DoorSettings(NOWHERE, no_database, tmp_path / "closed", registry_open=False))
    try:
        assert is_problem(closed.client().get("/subjects"), 401)
        assert closed.client(Scope.READ, tenant="acme").get("/subjects").status_code == 200
    finally:
        closed.close()


def test_the_registry_answers_in_its_clients_shape(door: Door) -> None:
    client = door.client()
    assert "alerts-value" in client.get("/subjects").json()
    assert client.get("/subjects/alerts-value/versions").json() == [1, 2]
    newest = client.get("/subjects/alerts-value/versions/latest").json()
    assert set(newest) == {"subject", "version", "id", "schema"}
    assert client.get(f"/schemas/ids/{newest['id']}").json() == {"schema": newest["schema"]}
    found = client.post("/subjects/alerts-value", json={"schema": newest["schema"]})
    assert found.json() == newest
    for path, code in {
        "/subjects/x/versions": 40401,
        "/subjects/alerts-value/versions/7": 40402,
        "/schemas/ids/999": 40403,
        "/schemas/ids/x": 40403,
    }.items():
        response = client.get(path)
        assert is_problem(response, 404)
        assert response.json()["error_code"] == code


def test_the_document_has_every_route_and_no_other(door: Door) -> None:
    document = door.client().get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert described == {(route.method, route.path) for route in ROUTES} | {
        ("GET", "/openapi.json")
    }
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_answers_are_as_the_document_says(full_door: Door) -> None:
    with Database(full_door.settings.clickhouse) as database:
        database.command(
            "INSERT INTO balances VALUES ('acme', 'a', 2, ['USD', 'free_tokens'],"
            " ['2026-11-01', '2026-11-01'], ['2299-12-31', '2026-12-01'], [10, 100000],"
            " [9.750000000001, 99000], [], [], 0, '2026-11-22 10:00:00', 17,"
            " ['', 'welcome'], [0, 5], [[], ['chat']], [0.25, 0], '2026-12-01')"
        )
        database.command(
            "INSERT INTO accumulators VALUES ('acme', 'a', 2, ['calls'], ['2026-11-01'],"
            " ['2026-12-01'], [12], 0, '2026-11-22 10:00:00', 17, '', 'sum'),"
            " ('acme', 'a', 2, ['users'], ['1900-01-01'], ['2299-12-31 23:59:59'], [3], 0,"
            " '2026-11-22 10:00:00', 17, 'users', 'unique')"
        )
    client = full_door.client(Scope.READ, tenant="acme")
    balance = client.get("/v1/tenants/acme/accounts/a/balance").json()
    assert balance["ledger"] == [{"partition": 2, "offset": 17}]
    money, free = balance["buckets"]
    assert (money["resource"], money["period_end"], money["id"]) == ("USD", "", "")
    assert (money["granted"], money["remaining"]) == ("10", "9.750000000001")
    assert (free["id"], free["priority"], free["products"]) == ("welcome", 5, ["chat"])
    assert (money["reserved"], free["reserved"]) == ("0.25", "0")
    assert [(total["total"], total["aggregate"]) for total in balance["totals"]] == [
        ("12", "sum"),
        ("3", "unique"),
    ]
    assert (balance["totals"][1]["period_start"], balance["totals"][1]["period_end"]) == ("", "")
    document = client.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/BalanceAnswer", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(balance)
    assert is_problem(client.get("/v1/tenants/acme/accounts/nobody/balance"), 404)
    assert is_problem(client.get("/v1/tenants/acme/accounts/nobody"), 404)
    assert client.get("/health").json()["status"] == "ok"
    assert "# HELP" in full_door.client(Scope.READ).get("/metrics").text


def test_the_first_key_is_made_once_and_shown_once(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path)
    assert keys.create_first(at=1)
    assert not keys.create_first(at=2)
    for name in (KEYS_FILE, FIRST_KEY_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    text = keys.take_first()
    assert text is not None
    assert keys.take_first() is None
    found = keys.find(text)
    assert found is not None
    assert (found.scope, found.tenant) == (Scope.ADMIN, "")
    assert text.split("_", 2)[2] not in (tmp_path / KEYS_FILE).read_text()


def test_a_key_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEYS_FILE).write_text("{}")
    with pytest.raises(Corrupted):
        KeyStore(tmp_path).keys()
    with pytest.raises(Refused):
        KeyStore(tmp_path / "other").revoke("nobody")


def status_of(address: str) -> int:
    """The status that a GET is answered with; 0 where nobody answers."""
    try:
        return httpx.get(address).status_code
    except httpx.TransportError:
        return 0


def test_the_process_ends_with_zero_on_sigterm(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "VIVACE_DATA": str(tmp_path),
        "VIVACE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "VIVACE_CLICKHOUSE_HOST": "127.0.0.1",
        "VIVACE_API_PORT": str(port),
    }
    command = [sys.executable, "-m", "infra.cli", "run", "gateway"]
    process = subprocess.Popen(command, env=environment)
    until(lambda: status_of(f"http://127.0.0.1:{port}/subjects") == 200)
    process.terminate()
    assert process.wait(20) == 0
    assert (tmp_path / FIRST_KEY_FILE).exists()


def test_agreed_prices_need_a_key_that_writes_and_an_account(full_door: Door) -> None:
    path = "/v1/tenants/acme/accounts/nobody/prices"
    assert is_problem(full_door.client(Scope.READ, tenant="acme").post(path, content="x"), 403)
    writing = full_door.client(Scope.WRITE, tenant="acme")
    assert is_problem(writing.post(path, content="price_plan: x"), 404)
    assert is_problem(writing.post(path, content=b"\xff"), 400)


AGREED = """\
price_plan: plan
usage_type: call
from: 2026-01-01
prices: [{per_unit: {amounts: {s: 0.5}}}]
"""


@pytest.fixture
def selling_door(
    tmp_path: Path, kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> Iterator[Door]:
    """A door to a tenant with a catalog in force and one account."""
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        database.command(
            "INSERT INTO accounts (tenant, account, ledger_partition, ledger_offset, ledger_index,"
            " version, root, payment, currency, time_zone, credit_limit, changed_at)"
            " VALUES ('acme', 'ada', 0, 1, 0, 1, 'ada', 'postpaid', 'CHF', 'UTC', NULL, now())"
        )
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "catalog.yaml").write_text(SOLD)
    version = publish(kafka_settings, load_catalog(folder))
    activate(kafka_settings, tenant="acme", version=version)
    opened = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    yield opened
    opened.close()


SOLD = """\
tenant: acme
currencies: [{code: CHF}]
usage_types: [{id: call, units: [s]}]
price_plans:
  - id: plan
    currency: CHF
    offers: [{id: a, usage_type: call, from: 2026-01-01, prices: [{per_unit: {amounts: {s: 1}}}]}]
"""


def put_prices_commands(kafka: KafkaSettings) -> list[PutPrices]:
    """What stands on `charging` of agreed prices."""
    found = []
    for partition in range(kafka.partitions):
        with closing(new_consumer(kafka)) as consumer:
            topic = f"{kafka.prefix}charging"
            reached, end = bounds(consumer, topic, partition)
            consumer.assign([TopicPartition(topic, partition, reached)])
            while reached < end:
                for message in take(consumer, 100, 1.0):
                    found += decode_charging(message.value())
                (position,) = consumer.position(consumer.assignment())
                reached = max(reached, position.offset)
    return [each for each in found if isinstance(each, PutPrices)]


def test_agreed_prices_are_taken_or_every_problem_is_told(selling_door: Door) -> None:
    path = "/v1/tenants/acme/accounts/ada/prices"
    writing = selling_door.client(Scope.WRITE, tenant="acme")
    wrong = AGREED.replace("plan\n", "plam\n", 1).replace("2026-01-01", "2026-02-30")
    refused = writing.post(path, content=wrong)
    assert is_problem(refused, 422)
    told = [(each["line"], each["pointer"]) for each in refused.json()["problems"]]
    assert told == [(1, "/price_plan"), (3, "/from")]
    taken = writing.post(f"{path}?id=offer-7", content=AGREED)
    assert (taken.status_code, taken.json()) == (202, {"command_id": "offer-7"})
    again = writing.post(path, json={"price_plan": "plan", "usage_type": "call",
                                     "from": "2026-02-01", "prices": []})  # fmt: skip
    assert again.status_code == 202
    commands = put_prices_commands(selling_door.settings.kafka)
    assert [each.account for each in commands] == ["ada", "ada"]
    assert commands[0].command_id == "offer-7"
    assert len(commands[0].prices.prices) == 1
