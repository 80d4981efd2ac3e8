"""The online door on a real worker: HTTP in, the ledger behind it, ClickHouse beside it."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import read_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.commands import CommandSender
from connectors.kafka.owners import live_workers
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from tests.connectors.door import Door as ApiDoor
from tests.connectors.door import DoorSettings
from tests.topologies.engine import Engine
from tests.topologies.toys import wait_for

TENANT = "online"
PLAN = "plan"
CATALOG = """
tenant: online
currencies: [{code: CHF}]
usage_types: [{id: api_call, units: [requests]}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: calls
        product: calls
        usage_type: api_call
        from: 2020-01-01
        prices: [{per_unit: {amounts: {requests: "0.01"}}}]
"""
pytestmark = pytest.mark.xdist_group("online_door")


CALL = {"usage_type": "api_call"}
PRICE = Decimal("0.01")


class Door:
    """A worker with its door, and one caller."""

    def __init__(self, kafka: KafkaSettings, folder: Path) -> None:
        self._kafka = kafka
        self.folder = folder
        _, self._key = KeyStore(folder).create(name="w", scope=Scope.WRITE, tenant=TENANT, at=0)
        _, self.reader = KeyStore(folder).create(name="r", scope=Scope.READ, tenant=TENANT, at=0)
        self._engine = Engine(kafka, folder)
        self.start()

    def start(self) -> None:
        self._engine.start("charging")

    def kill(self) -> None:
        self._engine.kill("charging")

    def stop(self) -> None:
        self._engine.stop()

    @property
    def address(self) -> str:
        found: list[str] = []

        def is_there() -> bool:
            workers = live_workers(self._kafka).values()
            found[:] = [each.address for each in workers if each.address and each.partitions]
            return bool(found)

        wait_for(is_there, "a door", 60)
        return found[0]

    def caller(self) -> httpx.Client:
        caller = httpx.Client(base_url=f"{self.address}/v1/tenants/{TENANT}", timeout=30)
        caller.headers["Authorization"] = f"Bearer {self._key}"
        return caller


@pytest.fixture
def door(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[Door]:
    folder = tmp_path
    (folder / "catalog").mkdir()
    (folder / "catalog" / "catalog.yaml").write_text(CATALOG)
    catalog = read_catalog(folder / "catalog")
    assert isinstance(catalog, Catalog), catalog
    version = publish(kafka_settings, catalog)
    activate(kafka_settings, tenant=TENANT, version=version, start=BEGINNING)
    opened = Door(kafka_settings, folder)
    yield opened
    opened.stop()


def open_account(kafka: KafkaSettings, name: str, money: Decimal) -> None:
    with CommandSender(kafka) as sender:
        sent = sender.send(
            [
                PutAccount(f"a{name}", TENANT, name, name, "prepaid", "CHF", "UTC", None),
                AssignService(
                    f"s{name}", TENANT, f"key-{name}", name, name, name, PLAN, BEGINNING, FOREVER
                ),
                TopUp(f"t{name}", TENANT, name, name, money, "CHF", BEGINNING, "test"),
            ]
        )
        sender.wait(sent, timeout_s=60)


def ask(caller: httpx.Client, path: str, name: str, sequence: int = 1, **service: Any) -> Any:
    body = {"service_id": f"key-{name}", "sequence": sequence, "services": [{**CALL, **service}]}
    headers = service.pop("headers", {})
    return caller.post(path, json=body, headers=headers)


def test_a_session_is_granted_extended_and_charged(
    door: Door, kafka_settings: KafkaSettings
) -> None:
    open_account(kafka_settings, "ada", 1000 * PRICE)
    with door.caller() as caller:
        first = ask(caller, "sessions/one/reserve", "ada", requested={"requests": 600})
        assert first.status_code == HTTPStatus.OK, first.text
        assert first.json()["services"][0]["granted"] == {"requests": "600"}
        assert Decimal(first.json()["services"][0]["amount"]) == 600 * PRICE
        again = ask(caller, "sessions/one/reserve", "ada", requested={"requests": 600})
        assert (again.headers["Idempotency-Hit"], again.json()) == ("true", first.json())
        other = ask(caller, "sessions/one/reserve", "ada", requested={"requests": 601})
        assert other.status_code == HTTPStatus.CONFLICT
        rest = ask(caller, "sessions/two/reserve", "ada", requested={"requests": 600})
        assert (rest.json()["code"], rest.json()["services"][0]["final"]) == ("partial", True)
        assert rest.json()["services"][0]["granted"] == {"requests": "400"}
        none = ask(caller, "sessions/three/reserve", "ada", requested={"requests": 1})
        assert none.status_code == HTTPStatus.PAYMENT_REQUIRED
        assert none.json()["code"] == "credit_limit_reached"
        done = ask(caller, "sessions/one/confirm", "ada", 2, used={"requests": 100})
        assert Decimal(done.json()["services"][0]["amount"]) == 100 * PRICE
        more = ask(
            caller,
            "sessions/two/extend",
            "ada",
            2,
            used={"requests": 400},
            requested={"requests": 900},
        )
        assert more.json()["services"][0]["granted"] == {"requests": "500"}
        over = ask(caller, "sessions/two/confirm", "ada", 3, used={"requests": 500})
        assert Decimal(over.json()["services"][0]["amount"]) == 900 * PRICE
        gone = ask(caller, "sessions/two/extend", "ada", 4, requested={"requests": 1})
        assert gone.status_code == HTTPStatus.NOT_FOUND
        empty = ask(caller, "check", "ada", requested={"requests": 1})
        assert empty.status_code == HTTPStatus.PAYMENT_REQUIRED


def test_the_gateway_finds_the_worker(
    door: Door, kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> None:
    open_account(kafka_settings, "gil", 10 * PRICE)
    gateway = ApiDoor(DoorSettings(kafka_settings, clickhouse_settings, door.folder))
    try:
        with door.caller() as caller:
            caller.base_url = httpx.URL(f"{gateway.address}/v1/tenants/{TENANT}")
            first = ask(caller, "sessions/one/reserve", "gil", requested={"requests": 6})
            assert first.json()["services"][0]["granted"] == {"requests": "6"}, first.text
            again = ask(caller, "sessions/one/reserve", "gil", requested={"requests": 6})
            assert again.headers["Idempotency-Hit"] == "true"
            door.kill()
            away = ask(caller, "sessions/one/confirm", "gil", 2, used={"requests": 5})
            assert (away.status_code, "Retry-After" in away.headers) == (503, True)
            door.start()

            def is_done() -> bool:
                return ask(
                    caller, "sessions/one/confirm", "gil", 2, used={"requests": 5}
                ).is_success

            wait_for(is_done, "the worker again", 60)

            def is_unknown() -> bool:
                none = ask(caller, "sessions/two/reserve", "nobody", requested={"requests": 6})
                return none.status_code == HTTPStatus.NOT_FOUND

            wait_for(is_unknown, "every partition to be served, and nobody to know it")
            left = ask(caller, "debit", "gil", requested={"requests": 6})
            assert left.status_code == HTTPStatus.BAD_REQUEST
            caller.headers["Idempotency-Key"] = "order"
            paid = ask(caller, "debit", "gil", requested={"requests": 5})
            assert paid.json()["code"] == "success"
    finally:
        gateway.close()


def test_who_may_not_ask_is_told_why(door: Door, kafka_settings: KafkaSettings) -> None:
    open_account(kafka_settings, "eve", Decimal(1))
    with door.caller() as caller:
        path, body = "sessions/x/reserve", {"service_id": "key-eve"}
        assert caller.post(path, json=body, headers={"Authorization": ""}).status_code == 401
        reader = {"Authorization": f"Bearer {door.reader}"}
        assert caller.post(path, json=body, headers=reader).status_code == 403
        assert caller.get(path).status_code == 405
        assert caller.post("sessions/x/steal", json=body).status_code == 404
        assert caller.post("debit", json=body).status_code == 400
        assert caller.post(path, json={"service_id": "nobody"}).status_code == 421
        assert caller.post(path, content=b"{" * 70_000).status_code == 413
        for value in ("NaN", "-1", "1e18", "0.0000000000001"):
            wrong = ask(caller, path, "eve", requested={"requests": value})
            assert wrong.status_code == HTTPStatus.BAD_REQUEST, value
            assert "$.services[0].requested.requests" in wrong.json()["detail"]
        unknown = caller.post(path, json=body | {"servises": []})
        assert (unknown.status_code, "servises" in unknown.text) == (400, True)
        unrated = ask(caller, path, "eve", requested={"requests": 1}, usage_type="teleport")
        assert (unrated.status_code, unrated.json()["code"]) == (422, "not_rated")
        assert unrated.headers["content-type"] == "application/problem+json"


def test_many_callers_get_no_more_than_there_is_though_the_owner_dies(
    door: Door, kafka_settings: KafkaSettings
) -> None:
    """Random sessions on 1,000 units; the owner is killed; a retry of the same name finds out."""
    open_account(kafka_settings, "hot", 1000 * PRICE)
    confirmed: list[int] = []
    held: Counter[str] = Counter()
    lock = threading.Lock()

    def one(number: int) -> None:
        dice = random.Random(number)
        for turn in range(6):
            session, sequence = f"hot-{number}-{turn}", 1
            asked = dice.randrange(1, 120)
            answer = patient(session, "reserve", sequence, requested={"requests": asked})
            if answer.status_code == HTTPStatus.PAYMENT_REQUIRED:
                continue
            granted = int(answer.json()["services"][0]["granted"]["requests"])
            with lock:
                held[session] = granted
                assert sum(held.values()) + sum(confirmed) <= 1000
            used = dice.randrange(granted + 1)
            if dice.random() < 0.2:
                continue  # whoever asked is gone: its validity ends it
            with lock:
                done = patient(session, "confirm", 2, used={"requests": used})
                assert done.status_code == HTTPStatus.OK, done.text
                del held[session]
                confirmed.append(used)

    def patient(session: str, verb: str, sequence: int, **service: Any) -> httpx.Response:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            try:
                with door.caller() as caller:
                    answer = ask(caller, f"sessions/{session}/{verb}", "hot", sequence, **service)
            except httpx.TransportError:
                return False
            answers.append(answer)
            return answer.status_code not in (503, 421)

        wait_for(is_answered, "an answer", 90)
        return answers[-1]

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(one, number) for number in range(8)]
        wait_for(lambda: len(confirmed) >= 3, "some sessions")
        door.kill()
        door.start()
        for each in running:
            each.result()
    left = 1000 - sum(confirmed) - sum(held.values())
    last = patient("hot-last", "reserve", 1, requested={"requests": 2000})
    if left:
        assert last.json()["services"][0]["granted"] == {"requests": str(left)}
    else:
        assert last.status_code == HTTPStatus.PAYMENT_REQUIRED
