"""The doors of the trade as processes: TS 32.291 by HTTP/2, Diameter, a worker behind both."""

import socket
from collections.abc import Iterator
from contextlib import closing
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
from connectors.settings import KafkaSettings
from connectors.trade.nchf.app import ROOT
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from tests.connectors.trade import flows
from tests.connectors.trade.shapes import check_shape
from tests.topologies.engine import Engine
from tests.topologies.toys import wait_for

pytest.importorskip("hypercorn", reason="optional: pip install 'vivace[trade]'")

from tests.connectors.trade.test_diameter_wire import Client, got, request_of

pytestmark = pytest.mark.xdist_group("online_door")
SUBSCRIBER = "41790000001"


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Doors:
    """A worker and the doors; one account with 5.00."""

    def __init__(self, kafka: KafkaSettings, folder: Path, environment: pytest.MonkeyPatch) -> None:
        (folder / "catalog").mkdir()
        (folder / "catalog" / "catalog.yaml").write_text(flows.CATALOG)
        catalog = read_catalog(folder / "catalog")
        assert isinstance(catalog, Catalog), catalog
        version = publish(kafka, catalog)
        activate(kafka, tenant="net", version=version, start=BEGINNING)
        _, self.key = KeyStore(folder).create(name="w", scope=Scope.WRITE, tenant="net", at=0)
        self.http, self.diameter = free_port(), free_port()
        environment.setenv("VIVACE_NCHF_PORT", str(self.http))
        environment.setenv("VIVACE_DIAMETER_PORT", str(self.diameter))
        environment.setenv("VIVACE_DIAMETER_IDENTITY", "ocs.home.net")
        environment.setenv("VIVACE_DIAMETER_PEERS", "pgw.access.net, other.access.net")
        environment.setenv("VIVACE_DIAMETER_KEY", self.key)
        self.engine = Engine(kafka, folder)
        self.engine.start("charging", "trade")
        with CommandSender(kafka) as sender:
            number = f"+{SUBSCRIBER}"
            sent = sender.send(
                [
                    PutAccount("p", "net", "ada", "ada", "prepaid", "CHF", "UTC", None),
                    AssignService(
                        "s", "net", number, "ada", "ada", "ada", "plan", BEGINNING, FOREVER
                    ),
                    TopUp("t", "net", "ada", "ada", Decimal(5), "CHF", BEGINNING, "x"),
                ]
            )
            sender.wait(sent, timeout_s=60)


@pytest.fixture
def doors(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Doors]:
    opened = Doors(kafka_settings, tmp_path, monkeypatch)
    yield opened
    codes = opened.engine.stop()
    assert codes["trade"] == 0, opened.engine.logs()


def post(client: httpx.Client, path: str, number: int, *usage: dict[str, Any]) -> httpx.Response:
    body = {
        "subscriberIdentifier": f"msisdn-{SUBSCRIBER}",
        "nfConsumerIdentification": {"nodeFunctionality": "SMF"},
        "invocationTimeStamp": "2025-03-02T00:00:00Z",
        "invocationSequenceNumber": number,
        "multipleUnitUsage": list(usage),
    }
    return client.post(path, json=body)


def test_both_doors_ask_one_worker(doors: Doors) -> None:
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{doors.http}",
        http1=False,
        http2=True,
        timeout=30,
        headers={"Authorization": f"Bearer {doors.key}"},
    )
    asked = {"ratingGroup": 1, "requestedUnit": {"time": 300}}
    answers: list[httpx.Response] = []

    def is_created() -> bool:
        try:
            answers.append(post(client, ROOT, 0, asked))
        except httpx.TransportError:
            return False
        return answers[-1].status_code == HTTPStatus.CREATED

    wait_for(is_created, f"a session\n{doors.engine.logs()}", 90)
    created = answers[-1]
    assert created.http_version == "HTTP/2"
    check_shape(created.json(), "ChargingDataResponse")
    (told,) = created.json()["multipleUnitInformation"]
    assert told["grantedUnit"] == {"time": 300}
    again = post(client, ROOT, 0, asked)
    assert again.headers["Location"] == created.headers["Location"]
    gateway = Client(doors.diameter)
    try:
        gateway.app.wait_for_ready(20)
        ask = flows.Ask("s", flows.INITIAL, 0, {1: ({"time": 400}, {})})
        first = got(
            gateway.send(request_of(ask, "s", SUBSCRIBER)), is_multiple=True, asks_price=False
        )
        # 3.00 of 5.00 are set aside by the other door.
        assert first.services[1]["granted"] == {"time": 200}
        used = {"ratingGroup": 1, "usedUnitContainer": [{"localSequenceNumber": 1, "time": 100}]}
        name = httpx.URL(created.headers["Location"]).path
        assert post(client, f"{name}/release", 1, used).status_code == HTTPStatus.NO_CONTENT
        more = flows.Ask("s", flows.UPDATE, 1, {1: ({"time": 900}, {"time": 200})})
        second = got(
            gateway.send(request_of(more, "s", SUBSCRIBER)), is_multiple=True, asks_price=False
        )
        assert second.services[1]["granted"] == {"time": 200}
    finally:
        gateway.close()
        client.close()
