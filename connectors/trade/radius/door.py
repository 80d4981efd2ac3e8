"""RADIUS accounting by UDP: a Stop is answered once its record stands on topic `usage`.

Whatever else a client tells of its sessions is answered at once. A client that gets no answer sends
the same again; the record's own id, the session's, makes two of them one charge.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
import structlog

from connectors import clock
from connectors.errors import Refused
from connectors.kafka.client import new_producer
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from connectors.trade.radius.records import read, record_of, status_of

WAITING_MAX: Final = 1_000
"""So many records wait for the log at most; more are not answered."""
_log: Any = structlog.get_logger()
_encode = msgspec.json.Encoder().encode
Address = tuple[str, int]


class Producer(Protocol):
    """What records are given to: a Kafka producer."""

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Any) -> None:
        """Take a record; `on_delivery(error, message)` is called once it stands, or cannot."""

    def poll(self, timeout: float) -> int:
        """Have what was delivered called."""

    def flush(self, timeout: float) -> int:
        """Wait for all that was given."""


class AccountingDoor(asyncio.DatagramProtocol):
    """Listens for clients; `clients` has each one's shared secret by its address."""

    def __init__(
        self,
        settings: KafkaSettings,
        clients: Mapping[str, bytes],
        producer: Producer | None = None,
    ) -> None:
        self._topic = f"{settings.prefix}{Topic.USAGE}"
        self._clients = clients
        self._producer: Any = producer or new_producer(settings)
        self._transport: Any = None
        self._waiting: set[bytes] = set()

    async def open(self, host: str, port: int) -> int:
        """Listen; the port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, port)
        )
        self._polling = loop.create_task(self._poll())
        return int(self._transport.get_extra_info("sockname")[1])

    async def close(self) -> None:
        """Listen no longer; what waits for the log is written."""
        self._transport.close()
        self._polling.cancel()
        await asyncio.to_thread(self._producer.flush, 10.0)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A packet came."""
        secret = self._clients.get(addr[0])
        if secret is None:
            _log.warning("radius: a stranger", address=addr[0])
            return
        try:
            request = read(data, secret)
            if status_of(request) != "Stop":
                self._reply(request, addr)
                return
            record = record_of(request, peer=addr[0], at=clock.now())
        except Refused as error:
            _log.warning("radius", address=addr[0], problem=str(error))
            return
        name = data[:20] + addr[0].encode()
        if name in self._waiting or len(self._waiting) >= WAITING_MAX:
            return
        self._waiting.add(name)
        self._put(record, lambda: self._reply(request, addr), name)

    def _put(self, record: dict[str, Any], reply: Any, name: bytes) -> None:
        loop = asyncio.get_running_loop()

        def delivered(error: Any, _: Any) -> None:
            loop.call_soon_threadsafe(self._done, error, reply, name)

        key = str(record["acct_session_id"]).encode()
        try:
            self._producer.produce(self._topic, _encode(record), key, on_delivery=delivered)
        except BufferError as error:
            self._done(error, reply, name)

    def _done(self, error: Any, reply: Any, name: bytes) -> None:
        self._waiting.discard(name)
        if error is not None:
            _log.warning("radius: not on the log", problem=str(error))
        elif not self._transport.is_closing():
            reply()

    def _reply(self, request: Any, addr: Address) -> None:
        self._transport.sendto(request.CreateReply().ReplyPacket(), addr)

    async def _poll(self) -> None:
        while True:
            await asyncio.to_thread(self._producer.poll, 0.1)


def clients_of(text: str) -> dict[str, bytes]:
    """`192.0.2.1=secret,…`. Raises Refused."""
    found: dict[str, bytes] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        address, _, secret = each.partition("=")
        if not address or not secret:
            raise Refused("radius_clients: expected ADDRESS=SECRET,…")
        found[address.strip()] = secret.encode()
    return found
