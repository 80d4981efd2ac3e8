"""Lines to the doors of the trade: converged charging by HTTP/2, Diameter, RADIUS accounting."""

import asyncio
import struct
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import msgspec

from connectors.errors import Unavailable
from infra.bench.lines import BEGIN, CALLED, END, GO_ON, SECONDS, STEPS, subscriber_of

try:
    from diameter.message import Message
    from diameter.message import constants as names
    from diameter.message.avp.grouped import (
        MultipleServicesCreditControl,
        RequestedServiceUnit,
        UsedServiceUnit,
    )
    from diameter.message.commands import CapabilitiesExchangeRequest, CreditControlRequest
    from h2.connection import H2Connection
    from h2.events import DataReceived, ResponseReceived, StreamEnded
    from pyrad.dictionary import Dictionary
    from pyrad.packet import AcctPacket
except ImportError as error:
    raise Unavailable(f"{error.name} is not installed: pip install 'vivace[trade]'") from error

GROUP: Final = 100
"""The rating group of calls, in the catalog of the operator."""
SHARED: Final = "bench"
"""What RADIUS calls its secret."""
IDENTITY: Final = "ocs.home.net"
_ROOT: Final = "/nchf-convergedcharging/v3/chargingdata"
_HOST: Final = "127.0.0.1"
_REALM: Final = "access.net"
_STOP: Final = 2
_DICTIONARY: Final = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Session-Time 46 integer
"""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """The ports of the doors, and the key by which converged charging is asked."""

    nchf: int
    diameter: int
    radius: int
    key: str


def peer_of(number: int) -> str:
    """The DiameterIdentity of the `number`-th caller."""
    return f"peer{number}.{_REALM}"


class NchfLine:
    """TS 32.291 over HTTP/2, on a connection that stays."""

    verbs: Final = {BEGIN: "create", GO_ON: "update", END: "release"}

    def __init__(self, trade: Trade, number: int) -> None:
        self._trade = trade
        self._subscriber = subscriber_of(number)
        self._http = H2Connection()
        self._path = ""

    async def open(self) -> None:
        """Connect, and say what HTTP/2 begins with."""
        self._reader, self._writer = await asyncio.open_connection(_HOST, self._trade.nchf)
        self._http.initiate_connection()
        self._writer.write(self._http.data_to_send())

    async def ask(self, step: str, session: str) -> None:
        """Create, update or release; a session is where its creation said that it is."""
        usage: dict[str, Any] = {"ratingGroup": GROUP}
        if step != END:
            usage["requestedUnit"] = {"time": SECONDS}
        if step != BEGIN:
            usage["usedUnitContainer"] = [{"localSequenceNumber": 1, "time": SECONDS}]
        body = {
            "subscriberIdentifier": f"msisdn-{self._subscriber}",
            "nfConsumerIdentification": {"nodeFunctionality": "SMF", "nFName": session},
            "invocationTimeStamp": "2026-01-01T00:00:00Z",
            "invocationSequenceNumber": STEPS.index(step),
            "multipleUnitUsage": [usage],
            "iMSChargingInformation": {"calledPartyAddress": CALLED},
        }
        path = _ROOT if step == BEGIN else f"{self._path}/{self.verbs[step]}"
        status, place = await self._post(path, msgspec.json.encode(body))
        assert status == {BEGIN: b"201", GO_ON: b"200", END: b"204"}[step], (step, status)
        if step == BEGIN:
            self._path = place[place.index(_ROOT) :]

    async def _post(self, path: str, body: bytes) -> tuple[bytes, str]:
        """The status, and where the answer says that something is."""
        stream = self._http.get_next_available_stream_id()
        head = {
            ":method": "POST",
            ":scheme": "http",
            ":authority": "x",
            ":path": path,
            "authorization": f"Bearer {self._trade.key}",
            "content-type": "application/json",
            "content-length": str(len(body)),
        }
        self._http.send_headers(stream, [*head.items()])
        self._http.send_data(stream, body, end_stream=True)
        self._writer.write(self._http.data_to_send())
        told: dict[bytes, bytes] = {}
        while True:
            for event in self._http.receive_data(await self._reader.read(65_536)):
                if isinstance(event, ResponseReceived):
                    told = {bytes(name): bytes(value) for name, value in event.headers}
                elif isinstance(event, DataReceived):
                    size = event.flow_controlled_length
                    self._http.acknowledge_received_data(size, stream)
                elif isinstance(event, StreamEnded):
                    self._writer.write(self._http.data_to_send())
                    return told[b":status"], told.get(b"location", b"").decode()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()


class DiameterLine:
    """Credit-Control of a peer of its own."""

    verbs: Final = {BEGIN: "INITIAL", GO_ON: "UPDATE", END: "TERMINATION"}

    def __init__(self, trade: Trade, number: int) -> None:
        self._port = trade.diameter
        self._peer = peer_of(number).encode()
        self._sent = 0
        self._subscriber = subscriber_of(number)

    async def open(self) -> None:
        """Connect and exchange capabilities."""
        self._reader, self._writer = await asyncio.open_connection(_HOST, self._port)
        hello = CapabilitiesExchangeRequest()
        hello.origin_host, hello.origin_realm = self._peer, _REALM.encode()
        hello.host_ip_address = [_HOST]
        hello.vendor_id, hello.product_name = 0, "bench"
        hello.auth_application_id = [names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION]
        await self._send(hello)

    async def ask(self, step: str, session: str) -> None:
        """A request of the session with its number."""
        request: Any = CreditControlRequest()
        request.header.application_id = names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION
        request.auth_application_id = names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION
        request.session_id = f"{self._peer.decode()};{session}"
        request.origin_host, request.origin_realm = self._peer, _REALM.encode()
        request.destination_realm = IDENTITY.partition(".")[2].encode()
        request.service_context_id = "32260@3gpp.org"
        request.cc_request_type = STEPS.index(step) + 1
        request.cc_request_number = STEPS.index(step)
        request.add_subscription_id(names.E_SUBSCRIPTION_ID_TYPE_END_USER_E164, self._subscriber)
        asked = None if step == END else RequestedServiceUnit(cc_time=SECONDS)
        used = [] if step == BEGIN else [UsedServiceUnit(cc_time=SECONDS)]
        request.multiple_services_credit_control.append(
            MultipleServicesCreditControl(
                requested_service_unit=asked, used_service_unit=used, rating_group=GROUP
            )
        )
        await self._send(request)

    async def _send(self, request: Any) -> None:
        self._sent += 1
        request.header.hop_by_hop_identifier = self._sent
        request.header.end_to_end_identifier = self._sent
        self._writer.write(request.as_bytes())
        head = await self._reader.readexactly(4)
        rest = await self._reader.readexactly(int.from_bytes(head[1:], "big") - 4)
        answer: Any = Message.from_bytes(head + rest)
        assert answer.result_code == names.E_RESULT_CODE_DIAMETER_SUCCESS, answer.result_code

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()


class RadiusLine(asyncio.DatagramProtocol):
    """Accounting: it tells of a session once it is over, and knows no grants."""

    verbs: Final = {END: "Stop"}

    def __init__(self, trade: Trade, number: int) -> None:
        self._port = trade.radius
        self._subscriber = subscriber_of(number)
        self._known = Dictionary(StringIO(_DICTIONARY))
        self._answered: asyncio.Future[bytes]
        self._transport: Any = None
        self._sent = 0

    async def open(self) -> None:
        """Take a socket."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, remote_addr=(_HOST, self._port)
        )

    async def ask(self, step: str, session: str) -> None:
        """Tell of the whole session; the answer says that the log has it."""
        self._sent += 1
        packet = AcctPacket(id=self._sent % 256, secret=SHARED.encode(), dict=self._known)
        packet["User-Name"], packet["NAS-Identifier"] = self._subscriber, "bench"
        packet["Acct-Status-Type"], packet["Acct-Session-Id"] = _STOP, session
        packet["Acct-Session-Time"] = SECONDS
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.sendto(packet.RequestPacket())
        answer = await self._answered
        assert struct.unpack("BB", answer[:2]) == (5, self._sent % 256)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """The answer."""
        self._answered.set_result(data)

    async def close(self) -> None:
        """Give the socket back."""
        self._transport.close()
