"""Credit-Control on the wire: python-diameter's client side against our node, over TCP."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from ssl import SSLContext
from typing import Any

import pytest
from diameter.message import Avp
from diameter.message import constants as names
from diameter.message.avp.grouped import (
    MultipleServicesCreditControl,
    RequestedServiceUnit,
    UsedServiceUnit,
)
from diameter.message.commands import CreditControlRequest
from diameter.node import Node
from diameter.node.application import SimpleThreadingApplication

from connectors.trade.charging import TermsBook
from connectors.trade.diameter import node as server
from connectors.trade.diameter.credit_control import Credits
from streams.model.balance_command import TopUp
from streams.model.session_command import SessionCommand
from tests.connectors.trade import flows
from tests.connectors.trade.flows import Ask, Caller, Got
from tests.connectors.trade.worker import MemoryWorker, load

pytestmark = pytest.mark.xdist_group("diameter")
FIELDS = {
    "time": "cc_time",
    "total_volume": "cc_total_octets",
    "service_units": "cc_service_specific_units",
}


SERVERS: dict[int, Any] = {}


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def in_its_own_time(close: Callable[[], None]) -> None:
    """A node says goodbye and waits for its threads for seconds: no other test waits with it."""
    threading.Thread(target=close, daemon=True).start()


class Server:
    """Our node, its loop in a thread, over a worker in memory."""

    def __init__(
        self,
        worker: MemoryWorker,
        port: int,
        peers: list[str],
        tls: SSLContext | None = None,
    ) -> None:
        terms = TermsBook(lambda _: worker.catalog)
        credits = Credits(worker, terms, tenant=worker.catalog.tenant, key="secret")
        self.node = server.CreditNode(
            credits, identity="ocs.home.net", peers=peers, tls=tls, now=lambda: worker.at
        )
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._open(port), self.loop).result(5)

    async def _open(self, port: int) -> None:
        self.node.open("127.0.0.1", port)

    def close(self) -> None:
        in_its_own_time(self._close)

    def _close(self) -> None:
        self.node.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


class Client:
    """A gateway of the network."""

    def __init__(self, port: int, identity: str = "pgw.access.net") -> None:
        self.node = Node(identity, "access.net")
        self.node.wakeup_interval = 1
        uri = f"aaa://ocs.home.net:{port}"
        peer = self.node.add_peer(uri, "home.net", ip_addresses=["127.0.0.1"], is_persistent=True)
        self.heard: list[Any] = []
        self.app = SimpleThreadingApplication(
            names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION,
            is_auth_application=True,
            request_handler=self._hear,
        )
        self.node.add_application(self.app, [peer], realms=["access.net"])
        self.node.start()

    def _hear(self, app: Any, message: Any) -> Any:
        self.heard.append(message)
        return app.generate_answer(message, names.E_RESULT_CODE_DIAMETER_LIMITED_SUCCESS)

    def close(self) -> None:
        in_its_own_time(lambda: self.node.stop(force=True))

    def send(self, request: Any) -> Any:
        return self.app.send_request(request, timeout=20)


class OnTheWire:
    """Asks by the client."""

    def __init__(self, client: Client, worker: MemoryWorker, name: str) -> None:
        self.client = client
        self.worker = worker
        self.name = name
        self.number = f"4179{len(worker.services):07d}"
        worker.account(name, f"+{self.number}", "0")
        self.top_ups = 0

    def top_up(self, amount: str) -> None:
        self.top_ups += 1
        key, money = f"top-up/{self.name}/{self.top_ups}", Decimal(amount)
        self.worker.apply(
            TopUp(key, "net", self.name, self.name, money, "CHF", self.worker.at, "x")
        )

    def left(self) -> tuple[Decimal, Decimal]:
        return self.worker.left(self.name)

    def ask(self, ask: Ask) -> Got:
        subscriber = self.number if ask.subscriber.startswith("4179") else ask.subscriber
        request = request_of(ask, f"{self.name};{ask.session}", subscriber)
        if ask.correlation:
            request.cc_correlation_id = f"{self.name};{ask.correlation}".encode()
        answer = self.client.send(request)
        assert (answer.cc_request_type, answer.cc_request_number) == (ask.type, ask.number)
        assert answer.session_id == request.session_id
        return got(answer, is_multiple=ask.is_multiple, asks_price=ask.action == flows.PRICE)


def request_of(ask: Ask, session: str, subscriber: str) -> Any:
    request = CreditControlRequest()
    request.session_id = session
    request.origin_host, request.origin_realm = b"pgw.access.net", b"access.net"
    request.destination_realm = b"home.net"
    request.service_context_id = "32251@3gpp.org"
    request.cc_request_type, request.cc_request_number = ask.type, ask.number
    request.add_subscription_id(names.E_SUBSCRIPTION_ID_TYPE_END_USER_E164, subscriber)
    request.event_timestamp = datetime(2025, 3, 2, tzinfo=UTC)
    if ask.type == flows.EVENT:
        request.requested_action = ask.action
    for group, (requested, used) in ask.units.items():
        units = None if requested is None else RequestedServiceUnit(**fields(requested))
        reported = [UsedServiceUnit(**fields(used))] if used else []
        if ask.is_multiple:
            request.multiple_services_credit_control.append(
                MultipleServicesCreditControl(
                    requested_service_unit=units, used_service_unit=reported, rating_group=group
                )
            )
        else:
            request.service_identifier = group
            request.requested_service_unit = units
            request.used_service_unit = reported
    return request


def fields(counts: dict[str, int]) -> dict[str, int]:
    return {FIELDS[name]: value for name, value in counts.items()}


def got(answer: Any, *, is_multiple: bool, asks_price: bool) -> Got:
    services = {}
    if is_multiple:
        for each in answer.multiple_services_credit_control:
            services[each.rating_group] = {"code": each.result_code, **service(each)}
    elif answer.granted_service_unit or answer.final_unit_indication:
        services[0] = service(answer)
    checked = answer.check_balance_result
    cost = None
    if asks_price:
        value = answer.cost_information.unit_value
        cost = Decimal(value.value_digits).scaleb(value.exponent or 0)
        assert answer.cost_information.currency_code == 756
    return Got(answer.result_code, services, None if checked is None else checked == 0, cost)


def service(part: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if part.granted_service_unit:
        granted = {
            name: getattr(part.granted_service_unit, field) for name, field in FIELDS.items()
        }
        told["granted"] = {name: value for name, value in granted.items() if value is not None}
    if part.validity_time is not None:
        told["validity"] = part.validity_time
    if getattr(part, "time_quota_threshold", None):
        told["threshold"] = {"time": part.time_quota_threshold}
    final = part.final_unit_indication
    if final is not None:
        where = final.redirect_server
        told["final"] = (
            final.final_unit_action,
            where.redirect_address_type if where else 0,
            where.redirect_server_address if where else "",
        )
    return told


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, MemoryWorker, int]]:
    worker = MemoryWorker(load(flows.CATALOG, tmp_path_factory.mktemp("catalog")))
    port = free_port()
    server = Server(worker, port, ["pgw.access.net"])
    client = Client(port)
    client.app.wait_for_ready(20)
    SERVERS[port] = server
    yield client, worker, port
    client.close()
    server.close()


@pytest.mark.parametrize("flow", flows.FLOWS, ids=lambda flow: flow.__name__)
def test_flow(flow: Callable[[Caller], None], wire: tuple[Client, MemoryWorker, int]) -> None:
    client, worker, _ = wire
    flow(OnTheWire(client, worker, flow.__name__))


def test_what_is_sent_again_with_its_flag_gets_its_first_answer(
    wire: tuple[Client, MemoryWorker, int],
) -> None:
    client, worker, _ = wire
    caller = OnTheWire(client, worker, "again")
    caller.top_up("5")
    ask = Ask("s", flows.INITIAL, 0, {1: ({"time": 100}, {})})
    first = client.send(request_of(ask, "again;s", caller.number))
    repeat = request_of(ask, "again;s", caller.number)
    repeat.header.is_retransmit = True
    repeat.header.end_to_end_identifier = first.header.end_to_end_identifier
    second = client.send(repeat)
    assert got(second, is_multiple=True, asks_price=False) == got(
        first, is_multiple=True, asks_price=False
    )
    assert caller.left() == (Decimal(4), Decimal(1))


def test_an_attribute_is_told_by_an_avp(wire: tuple[Client, MemoryWorker, int]) -> None:
    client, worker, _ = wire
    caller = OnTheWire(client, worker, "avp")
    caller.top_up("5")
    ask = Ask("s", flows.EVENT, 0, {1: ({"time": 10}, {})}, action=flows.PRICE)
    request = request_of(ask, "avp;s", caller.number)
    parts = [
        Avp.new(names.AVP_SERVICE_PARAMETER_TYPE, value=1),
        Avp.new(names.AVP_SERVICE_PARAMETER_VALUE, value=b"0900"),
    ]
    request.append_avp(Avp.new(names.AVP_SERVICE_PARAMETER_INFO, value=parts))
    answer = got(client.send(request), is_multiple=True, asks_price=True)
    assert answer.cost == Decimal("0.50")


def test_an_answer_that_is_away_or_wrong_is_told(wire: tuple[Client, MemoryWorker, int]) -> None:
    client, worker, _ = wire
    caller = OnTheWire(client, worker, "away")
    worker.is_away = True
    ask = Ask("s", flows.INITIAL, 0, {1: ({"time": 10}, {})})
    assert caller.ask(ask).code == 3004
    worker.is_away = False
    wrong = request_of(ask, "away;s", caller.number)
    wrong.cc_request_type = 9
    assert client.send(wrong).result_code == 5004
    nobody = request_of(ask, "away;s", caller.number)
    nobody.subscription_id = []
    assert client.send(nobody).result_code == 5005


def test_a_peer_that_is_not_on_the_list_stays_outside(
    wire: tuple[Client, MemoryWorker, int],
) -> None:
    _, worker, port = wire
    asked = len(worker.asked)
    stranger = Client(port, "stranger.access.net")
    try:
        with pytest.raises(Exception, match="No connection"):
            stranger.app.wait_for_ready(3)
    finally:
        stranger.close()
    assert len(worker.asked) == asked


@pytest.mark.parametrize(
    ("action", "kind"), [("reauthorise", "Re-Auth"), ("terminate", "Abort-Session")]
)
def test_a_peer_is_told_of_its_session(
    wire: tuple[Client, MemoryWorker, int], action: Any, kind: str
) -> None:
    client, worker, port = wire
    name = f"told-{action}"
    caller = OnTheWire(client, worker, name)
    caller.top_up("5")
    caller.ask(Ask("s", flows.INITIAL, 0, {1: ({"time": 100}, {})}))
    (session,) = (each for each in worker.sessions() if each.account == name)
    assert session.gateway == f"diameter:pgw.access.net {name};s"
    _, _, place = session.gateway.partition(":")
    command = SessionCommand(
        "c", "net", name, session.session, "", session.gateway, action, "", "", "operator", 0
    )
    server = SERVERS[port]
    bring = server.node.bring(command, place)
    assert asyncio.run_coroutine_threadsafe(bring, server.loop).result(10)
    told = client.heard[-1]
    assert (told.name, told.session_id) == (kind, f"{name};s")
    away = server.node.bring(command, "other.access.net x")
    assert asyncio.run_coroutine_threadsafe(away, server.loop).result(10)
