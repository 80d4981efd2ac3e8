"""What changes something by the door: bodies become commands, wrong ones say which field."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.api.commands import COMMAND_BYTES_MAX, NAME_LENGTH_MAX
from connectors.api.keys import Scope
from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.kafka.codec import decode_charging
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    JoinPool,
    LeavePool,
    TopUp,
    Transfer,
)
from streams.model.command import (
    AssignService,
    Command,
    EndService,
    PutAccount,
    PutAttributes,
    PutStatus,
)
from streams.model.instant import FOREVER
from streams.model.pool import Membership, PoolCap
from tests.connectors.door import Door, DoorSettings, is_problem

NOON = 1_767_268_800_000_000
ACCOUNT = "/v1/tenants/acme/accounts/ada"
SERVICE = "/v1/tenants/acme/services/key-1"
ADA: dict[str, Any] = {"payment": "prepaid", "currency": "CHF", "time_zone": "Europe/Zurich"}


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Door]:
    """A door whose engines are away."""
    nowhere = ClickHouseSettings(host="127.0.0.1", port=1, user="u", password="p")
    opened = Door(DoorSettings(KafkaSettings(bootstrap="127.0.0.1:1"), nowhere, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def door(
    tmp_path: Path, kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> Iterator[Door]:
    """A door with engines, and one account that is known: `ada`, below the root `family`."""
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        database.command(
            "INSERT INTO accounts (tenant, account, ledger_partition, ledger_offset, ledger_index,"
            " version, root, payment, currency, time_zone, credit_limit, changed_at)"
            " VALUES ('acme', 'ada', 0, 1, 0, 1, 'family', 'prepaid', 'CHF', 'UTC', NULL, now())"
        )
    opened = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    yield opened
    opened.close()


def sent(kafka: KafkaSettings) -> dict[str, Command]:
    """The commands that stand on the log, by their ids."""
    found: dict[str, Command] = {}
    with TopicReader(kafka, Topic.CHARGING) as reader:
        for message in reader.to_end():
            taken = decode_charging(message.value())
            assert isinstance(taken, tuple)
            found |= {each.command_id: each for each in taken}
    return found


def ids_of(response: httpx.Response) -> list[str]:
    assert response.status_code == 202, response.text
    ids: list[str] = response.json()["ids"]
    return ids


def test_bodies_become_commands_under_the_id_that_was_asked(door: Door) -> None:
    client = door.client(Scope.WRITE, tenant="acme")
    limits = {"credit_limit": "0.50", "attributes": {"segment": "gold"}}
    assert ids_of(client.put(f"{ACCOUNT}?id=a-1", json=ADA | limits)) == ["a-1"]
    start, end = "2026-01-01T12:00:00Z", "2027-01-01"
    assign = {"account": "ada", "price_plan": "plan", "start": start, "end": end}
    ids_of(client.put(f"{SERVICE}?id=s-1", json=assign))
    ids_of(client.put(f"{SERVICE}?id=s-2", json={"account": "new", "price_plan": "plan"}))
    ids_of(client.post(f"{SERVICE}/end?id=e-1", json={"root": "family", "end": start}))
    money = {"amount": "10.000000000001", "currency": "CHF", "occurred_at": start}
    ids_of(client.post(f"{ACCOUNT}/top-ups?id=t-1", json=money))
    ids_of(client.post(f"{ACCOUNT}/top-ups?id=t-2", json=money | {"amount": 5, "root": "other"}))
    gift = {"wallet": "gift", "priority": 2, "end": end, "products": ["voice"]}
    ids_of(client.post(f"{ACCOUNT}/top-ups?id=t-3", json=money | gift))
    back = {"amount": "-2.5", "currency": "CHF", "occurred_at": start, "reason": "chargeback"}
    agreed = {"reference": "t-1", "approved_by": "grace", "wallet": "gift"}
    ids_of(client.post(f"{ACCOUNT}/adjustments?id=x-1", json=back | agreed))
    ids_of(client.post(f"{ACCOUNT}/status?id=p-1", json={"status": "suspended", "start": start}))
    ids_of(client.post(f"{ACCOUNT}/status?id=p-2", json={"status": "active", "service_id": "k"}))
    tier = {"attributes": {"tier": "gold"}, "start": start, "end": end, "subscription": "s-1"}
    ids_of(client.post(f"{ACCOUNT}/attributes?id=n-1", json=tier))
    points = {"conversion": "cash", "points": "40", "occurred_at": start}
    ids_of(client.post(f"{ACCOUNT}/conversions?id=y-1", json=points))
    (made,) = ids_of(client.post(f"{ACCOUNT}/top-ups", json=money | {"reason": "shop"}))
    found = sent(door.settings.kafka)
    assert found["a-1"] == PutAccount(
        "a-1", "acme", "ada", "family", "prepaid", "CHF", "Europe/Zurich", Decimal("0.50"),
        {"segment": "gold"},
    )  # fmt: skip
    year = NOON - 12 * 3_600_000_000 + 365 * 86_400_000_000
    assert found["s-1"] == AssignService(
        "s-1", "acme", "key-1", "ada", "family", "key-1", "plan", NOON, year
    )
    newly = found["s-2"]
    assert isinstance(newly, AssignService)
    assert (newly.root, newly.end) == ("new", FOREVER)
    assert newly.start > NOON
    assert found["e-1"] == EndService("e-1", "acme", "key-1", "family", NOON, "")
    assert found["p-1"] == PutStatus("p-1", "acme", "ada", "family", "suspended", NOON)
    of_service = found["p-2"]
    assert isinstance(of_service, PutStatus)
    assert (of_service.service_id, of_service.status) == ("k", "active")
    assert of_service.start > NOON
    assert found["n-1"] == PutAttributes(
        "n-1", "acme", "ada", "family", {"tier": "gold"}, NOON, year, "s-1"
    )
    assert found["t-1"] == TopUp(
        "t-1", "acme", "ada", "family", Decimal("10.000000000001"), "CHF", NOON, ""
    )
    assert found["t-2"] == TopUp("t-2", "acme", "ada", "other", Decimal(5), "CHF", NOON, "")
    assert found["t-3"] == TopUp(
        "t-3", "acme", "ada", "family", Decimal("10.000000000001"), "CHF", NOON, "",
        "gift", 2, year, ("voice",),
    )  # fmt: skip
    assert found["x-1"] == Adjust(
        "x-1", "acme", "ada", "family", Decimal("-2.5"), "CHF", NOON, "chargeback",
        "t-1", "grace", "gift",
    )  # fmt: skip
    assert found["y-1"] == ConvertPoints("y-1", "acme", "ada", "family", "cash", Decimal(40), NOON)
    assert made.startswith("command/")
    assert found[made].command_id == made


def test_money_for_an_account_that_is_not_known_needs_its_root(door: Door) -> None:
    client = door.client(Scope.WRITE, tenant="acme")
    path = "/v1/tenants/acme/accounts/nobody/top-ups"
    money = {"amount": "1", "currency": "CHF"}
    refused = client.post(path, json=money)
    assert is_problem(refused, 404)
    assert "`root`" in refused.json()["detail"]
    ids_of(client.post(path, json=money | {"root": "nobody"}))


LONG = "x" * (NAME_LENGTH_MAX + 1)
MONEY = {"currency": "CHF", "amount": "1"}
WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("PUT", ACCOUNT, {}, "payment"),
    ("PUT", ACCOUNT, ADA | {"payment": "barter"}, "payment"),
    ("PUT", ACCOUNT, ADA | {"currency": "francs"}, "currency"),
    ("PUT", ACCOUNT, ADA | {"currency": 7}, "currency"),
    ("PUT", ACCOUNT, ADA | {"time_zone": "Mars/Olympus"}, "time_zone"),
    ("PUT", ACCOUNT, ADA | {"time_zone": "../etc/passwd"}, "time_zone"),
    ("PUT", ACCOUNT, ADA | {"credit_limit": "-0.01"}, "credit_limit"),
    ("PUT", ACCOUNT, ADA | {"colour": "red"}, "colour"),
    ("PUT", ACCOUNT, ADA | {"root": LONG}, "root"),
    ("PUT", ACCOUNT, ADA | {"attributes": {"segment": ""}}, "attributes.segment"),
    ("PUT", ACCOUNT, ADA | {"attributes": {"a\0b": "x"}}, "attributes"),
    ("PUT", ACCOUNT, ADA | {"attributes": {str(n): "x" for n in range(101)}}, "attributes"),
    ("PUT", SERVICE, {"account": "", "price_plan": "plan"}, "account"),
    ("PUT", SERVICE, {"account": "ada", "price_plan": ""}, "price_plan"),
    ("PUT", SERVICE, {"account": "ada", "price_plan": "p", "start": "noon"}, "start"),
    ("PUT", SERVICE, {"account": "ada", "price_plan": "p", "start": "2026-02-01",
                      "end": "2026-02-01"}, "end"),
    ("POST", f"{SERVICE}/end", {}, "root"),
    ("POST", f"{ACCOUNT}/status", {"status": "asleep"}, "status"),
    ("POST", f"{ACCOUNT}/status", {"status": "active", "start": "soon"}, "start"),
    ("POST", f"{ACCOUNT}/status", {"status": "active", "reason": LONG}, "reason"),
    ("POST", f"{ACCOUNT}/status", {"status": "active", "service_id": LONG}, "service_id"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {}}, "attributes"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {str(n): "x" for n in range(101)}},
     "attributes"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {"tier": ""}}, "attributes.tier"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {"a": "b"}, "start": "soon"}, "start"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {"a": "b"}, "start": "2026-02-01",
                                       "end": "2026-02-01"}, "end"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {"a": "b"}, "reason": LONG}, "reason"),
    ("POST", f"{ACCOUNT}/attributes", {"attributes": {"a": "b"}, "service_id": "k",
                                       "subscription": "s"}, "service_id"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF"}, "amount"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF", "amount": "0"}, "amount"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF", "amount": "NaN"}, "amount"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF", "amount": "1e18"}, "amount"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF", "amount": "1e-13"}, "amount"),
    ("POST", f"{ACCOUNT}/top-ups", {"currency": "CHF", "amount": "1", "reason": LONG}, "reason"),
    ("POST", f"{ACCOUNT}/top-ups", MONEY | {"products": ["voice"]}, "products"),
    ("POST", f"{ACCOUNT}/top-ups", MONEY | {"end": "2030-01-01"}, "end"),
    ("POST", f"{ACCOUNT}/top-ups", MONEY | {"wallet": "gift", "end": "2026-01-01",
                                            "occurred_at": "2026-01-01"}, "end"),
    ("POST", f"{ACCOUNT}/top-ups", MONEY | {"wallet": "gift", "priority": 10**7}, "priority"),
    ("POST", f"{ACCOUNT}/top-ups", MONEY | {"wallet": LONG}, "wallet"),
    ("POST", f"{ACCOUNT}/adjustments", MONEY, "reason"),
    ("POST", f"{ACCOUNT}/adjustments", MONEY | {"reason": ""}, "reason"),
    ("POST", f"{ACCOUNT}/adjustments", MONEY | {"reason": "x", "amount": "0"}, "amount"),
    ("POST", f"{ACCOUNT}/adjustments", MONEY | {"reason": "x", "amount": "-1e-13"}, "amount"),
    ("POST", f"{ACCOUNT}/adjustments", MONEY | {"reason": "x", "reference": LONG}, "reference"),
    ("POST", f"{ACCOUNT}/conversions", {"conversion": "cash", "points": "-1"}, "points"),
    ("POST", f"{ACCOUNT}/conversions", {"conversion": "", "points": "1"}, "conversion"),
    ("POST", f"{ACCOUNT}/top-ups?id=%00", {"currency": "CHF", "amount": "1"}, "id"),
    ("POST", "/v1/tenants/acme/accounts/a%00b/top-ups", {"currency": "CHF", "amount": "1"},
     "account"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG)
def test_a_wrong_field_is_named(
    alone: Door, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    client = alone.client(Scope.WRITE, tenant="acme")
    rooted = body if body.get("root") or path.endswith("/end") else body | {"root": "ada"}
    refused = client.request(method, path, json=rooted)
    assert is_problem(refused, 422), refused.text
    assert refused.json()["field"] == field


def test_no_json_too_much_of_it_and_a_key_that_only_reads_are_refused(alone: Door) -> None:
    client = alone.client(Scope.WRITE, tenant="acme")
    assert is_problem(client.put(ACCOUNT, content=b"{"), 400)
    assert is_problem(client.put(ACCOUNT, content=b"\xff"), 400)
    assert is_problem(client.put(ACCOUNT, content=b" " * (COMMAND_BYTES_MAX + 1)), 413)
    reading = alone.client(Scope.READ, tenant="acme")
    assert is_problem(reading.put(ACCOUNT, json=ADA), 403)
    assert is_problem(alone.client(Scope.WRITE, tenant="other").put(ACCOUNT, json=ADA), 403)


def test_pools_and_gifts_become_commands(door: Door) -> None:
    client = door.client(Scope.WRITE, tenant="acme")
    caps = [{"resource": "data", "quantity": "500"}, {"resource": "CHF", "quantity": 1.5}]
    joined = {"pool": "fam", "order": "pool_first", "caps": caps, "start": "2026-01-01T12:00:00Z"}
    ids_of(client.post(f"{ACCOUNT}/pools?id=j-1", json=joined))
    ids_of(client.post(f"{ACCOUNT}/pools/leave?id=l-1", json={"pool": "fam", "end": "2027-01-01"}))
    gift = {"to": "bob", "resource": "data", "quantity": 20, "bucket": "g", "reason": "thanks"}
    gift["occurred_at"] = "2026-01-01T12:00:00Z"
    ids_of(client.post(f"{ACCOUNT}/transfers?id=x-1", json=gift))
    found = sent(door.settings.kafka)
    wanted = (PoolCap("data", 500), PoolCap("CHF", Decimal("1.5")))
    membership = Membership("fam", NOON, FOREVER, "pool_first", wanted)
    assert found["j-1"] == JoinPool("j-1", "acme", "ada", "family", membership)
    assert found["x-1"] == Transfer(
        "x-1", "acme", "ada", "family", "bob", "bob", "data", 20, NOON, "thanks", "g"
    )
    left = found["l-1"]
    assert isinstance(left, LeavePool)
    assert (left.pool, left.root) == ("fam", "family")
    for path, body, field in (
        ("pools", {"pool": "fam", "start": "2026-02-01", "end": "2026-02-01"}, "end"),
        ("pools", {"pool": "fam", "caps": [{"resource": "", "quantity": 1}]}, "caps.resource"),
        ("transfers", gift | {"quantity": 0}, "quantity"),
    ):
        answer = client.post(f"{ACCOUNT}/{path}", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_billing_system_answers_under_the_requests_id(
    door: Door, kafka_settings: KafkaSettings
) -> None:
    client = door.client(Scope.WRITE)
    requests = f"{ACCOUNT}/top-up-requests"
    for _ in range(2):
        answer = client.post(f"{requests}/r1/paid", json={"reference": "bank/1"})
        assert ids_of(answer) == ["answer/r1/paid"]
    declined = client.post(f"{requests}/r2/declined", json={"reason": "no"})
    assert ids_of(declined) == ["answer/r2/declined"]
    assert is_problem(client.post(f"{requests}/r1/paid", json={"reference": ""}), 422)
    assert is_problem(client.post(f"{requests}/r1/paid", json={}), 422)
    found = sent(kafka_settings)
    paid, other = found["answer/r1/paid"], found["answer/r2/declined"]
    assert isinstance(paid, AnswerTopUp)
    assert (paid.account, paid.root, paid.request, paid.is_paid) == ("ada", "family", "r1", True)
    assert isinstance(other, AnswerTopUp)
    assert (other.request, other.is_paid, other.reference) == ("r2", False, "no")
