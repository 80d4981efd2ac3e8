"""The doors of the trade as processes: TS 32.291 by HTTP/2, Diameter, a worker behind both."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import read_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.commands import CommandSender
from connectors.settings import KafkaSettings
from connectors.trade.nchf.app import ROOT
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER, SECOND
from streams.model.session_command import SignalSessions
from tests.connectors.trade import flows
from tests.connectors.trade.shapes import check_shape
from tests.connectors.trade.test_diameter_wire import Client, got, request_of
from tests.topologies.engine import Engine
from tests.topologies.toys import wait_for

pytestmark = pytest.mark.xdist_group("online_door")
SUBSCRIBER = "41790000001"


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Network:
    """Hears notices, by HTTP/2, as a network function does."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any, float]] = []
        self.server_port = free_port()
        self._ended = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        config = Config()
        config.bind = [f"127.0.0.1:{self.server_port}"]
        app = Starlette(routes=[Route("/notify/{name:path}", self._hear, methods=["POST"])])
        serving = serve(app, config, shutdown_trigger=self._ended.wait)  # type: ignore[arg-type]
        self._loop.run_until_complete(serving)

    async def _hear(self, request: Request) -> Response:
        self.heard.append((request.path_params["name"], await request.json(), time.monotonic()))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()


class Doors:
    """A worker and the doors; one account with 5.00."""

    def __init__(
        self,
        kafka: KafkaSettings,
        folder: Path,
        environment: pytest.MonkeyPatch,
        text: str = flows.CATALOG,
    ) -> None:
        (folder / "catalog").mkdir()
        (folder / "catalog" / "catalog.yaml").write_text(text)
        catalog = read_catalog(folder / "catalog")
        assert isinstance(catalog, Catalog), catalog
        version = publish(kafka, catalog)
        activate(kafka, tenant="net", version=version, start=BEGINNING)
        _, self.key = KeyStore(folder).create(name="w", scope=Scope.WRITE, tenant="net", at=0)
        self.http, self.diameter = free_port(), free_port()
        self.network = Network()
        environment.setenv("VIVACE_NCHF_PORT", str(self.http))
        environment.setenv("VIVACE_NCHF_NOTIFY", f"http://127.0.0.1:{self.network.server_port}")
        environment.setenv("VIVACE_DIAMETER_PORT", str(self.diameter))
        environment.setenv("VIVACE_DIAMETER_IDENTITY", "ocs.home.net")
        environment.setenv("VIVACE_DIAMETER_PEERS", "pgw.access.net, other.access.net")
        environment.setenv("VIVACE_DIAMETER_KEY", self.key)
        self.engine = Engine(kafka, folder)
        self.engine.start("charging", "dispatcher", "trade")
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
    opened.network.close()
    assert codes["trade"] == 0, opened.engine.logs()


def post(
    client: httpx.Client, path: str, number: int, *usage: dict[str, Any], notify_uri: str = ""
) -> httpx.Response:
    body = {
        "subscriberIdentifier": f"msisdn-{SUBSCRIBER}",
        "nfConsumerIdentification": {"nodeFunctionality": "SMF"},
        "invocationTimeStamp": "2025-03-02T00:00:00Z",
        "invocationSequenceNumber": number,
        "notifyUri": notify_uri,
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


def test_a_session_that_is_to_end_is_told_to_its_network(
    doors: Doors, kafka_settings: KafkaSettings
) -> None:
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{doors.http}",
        http1=False,
        http2=True,
        timeout=30,
        headers={"Authorization": f"Bearer {doors.key}"},
    )
    asked = {"ratingGroup": 1, "requestedUnit": {"time": 60}}
    uri = f"http://127.0.0.1:{doors.network.server_port}/notify/one"

    def is_created() -> bool:
        try:
            answer = post(client, ROOT, 0, asked, notify_uri=uri)
        except httpx.TransportError:
            return False
        return answer.status_code == HTTPStatus.CREATED

    wait_for(is_created, f"a session\n{doors.engine.logs()}", 90)

    def is_told() -> bool:
        """A first notice waits for the consumer group; whoever missed it is told again."""
        number = len(doors.network.heard)
        with CommandSender(kafka_settings) as sender:
            name = f"again/{number}/{time.monotonic_ns()}"
            sender.wait(sender.send([signal(name, "reauthorise")]), timeout_s=30)
        return bool(doors.network.heard)

    wait_for(is_told, f"a notice\n{doors.engine.logs()}", 60)
    with CommandSender(kafka_settings) as sender:
        sender.wait(sender.send([signal("end", "terminate")]), timeout_s=30)
    wait_for(lambda: doors.network.heard[-1][1]["notificationType"] == "ABORT_CHARGING", "an end")
    assert {name for name, _, _ in doors.network.heard} == {"one"}
    for _, notice, _ in doors.network.heard:
        check_shape(notice, "ChargingNotifyRequest")
    client.close()


def signal(name: str, action: Any) -> SignalSessions:
    return SignalSessions(name, "net", "ada", "ada", action, 1_740_873_600 * SECOND)
