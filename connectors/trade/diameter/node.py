"""The Diameter node: python-diameter speaks to peers in its threads, our loop answers.

Only peers that are named in the settings get in, and all of them ask for one tenant: without TLS
whoever is on the list could claim to be any other of it.
"""

import asyncio
import logging
from collections.abc import Callable
from ssl import SSLContext
from typing import Any, Final

import structlog
from diameter.message import constants as names
from diameter.message.avp.errors import AvpDecodeError
from diameter.message.commands import AbortSessionRequest, ReAuthRequest
from diameter.node.application import Application, ApplicationError, SimpleThreadingApplication
from diameter.node.node import NotRoutable

from connectors import clock
from connectors.errors import Refused, Unavailable
from connectors.trade.diameter.codes import ResultCode
from connectors.trade.diameter.credit_control import Credit, Credits
from connectors.trade.diameter.messages import fill, read
from connectors.trade.diameter.peers import PeerNode
from connectors.trade.diameter.tls import TlsNode
from streams.model.instant import Instant
from streams.model.session_command import SessionCommand

_log: Any = structlog.get_logger()
ANSWER_S: Final = 12.0
THREADS_MAX: Final = 64
"""So many requests are answered at once; more get DIAMETER_TOO_BUSY."""
STOP_S: Final = 5
NOTICE_S: Final = 3
_TAKEN: Final = (2001, 2002, 5002)
"""Done, done in part, or a session that the peer knows no more."""


class CreditNode:
    """Listens for peers. `identity` is our host's name, its realm what follows the first point.

    With `tls` peers are heard inside TLS alone.
    """

    def __init__(
        self,
        credits: Credits,
        *,
        identity: str,
        peers: list[str],
        tls: SSLContext | None = None,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._credits = credits
        self._identity = identity
        self._peers = peers
        self._tls = tls
        self._now = now
        self._node: Any = None
        self._app: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, host: str, port: int) -> None:
        """Listen. To be called where the loop runs."""
        self._loop = asyncio.get_running_loop()
        logging.getLogger("diameter").setLevel(logging.ERROR)
        self._node = self._new_node({"ip_addresses": [host], "tcp_port": port})
        # What is sent again is known by its session and number: it gets its first answer.
        self._node.retransmit_queue_size = 0
        self._node.peer_route_select_func = _named_peer
        peers = [self._node.add_peer(f"aaa://{peer}", realm_of(peer)) for peer in self._peers]
        self._app = SimpleThreadingApplication(
            names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION,
            is_auth_application=True,
            max_threads=THREADS_MAX,
            request_handler=self._answer,
        )
        self._node.add_application(self._app, peers, realms=[realm_of(self._identity)])
        self._node.start()

    def _new_node(self, place: dict[str, Any]) -> Any:
        names = (self._identity, realm_of(self._identity))
        if self._tls is None:
            return PeerNode(*names, **place)
        return TlsNode(*names, context=self._tls, **place)

    def close(self) -> None:
        """Say goodbye to the peers, and listen no longer. Waits for them a while."""
        if self._node is not None:
            self._node.stop(wait_timeout=STOP_S)

    async def bring(self, command: SessionCommand, place: str) -> bool:
        """Have the peer ask again, or end the session; True where it knows what to do now."""
        host, _, session = place.partition(" ")
        if host not in self._peers:
            return True
        request = notice_of(command, session)
        request.origin_host = self._identity.encode()
        request.origin_realm = realm_of(self._identity).encode()
        request.destination_host, request.destination_realm = host.encode(), realm_of(host).encode()
        try:
            answer = await asyncio.to_thread(self._app.send_request, request, NOTICE_S)
        except (ApplicationError, NotRoutable, TimeoutError):
            return False
        return answer.result_code in _TAKEN

    def _answer(self, app: Application, message: Any) -> Any:
        """The answer to one message; in a thread of the application."""
        answer = app.generate_answer(message)
        try:
            request = read(message)
        except (Refused, AvpDecodeError) as error:
            answer.error_message = str(error)
            answer.result_code = int(ResultCode.INVALID_AVP_VALUE)
            answer.cc_request_type = message.cc_request_type
            answer.cc_request_number = message.cc_request_number
            return answer
        assert self._loop is not None
        asked = asyncio.run_coroutine_threadsafe(self._credits.answer(request), self._loop)
        try:
            credit = asked.result(ANSWER_S)
        except (Unavailable, TimeoutError) as error:
            _log.warning("unavailable", error=str(error))
            asked.cancel()
            answer.header.is_error = True
            credit = Credit(ResultCode.TOO_BUSY)
        except Refused as error:
            answer.error_message = str(error)
            credit = Credit(ResultCode.UNABLE_TO_COMPLY)
        return fill(answer, request, credit, at=self._now())


def notice_of(command: SessionCommand, session: str) -> Any:
    """An Abort-Session-Request of what ends, a Re-Auth-Request of all else."""
    ends = command.action == "terminate" or command.cause == "expiry"
    request: Any = AbortSessionRequest() if ends else ReAuthRequest()
    request.header.application_id = names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION
    request.session_id = session
    request.auth_application_id = names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION
    if not ends:
        request.re_auth_request_type = names.E_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY
    return request


def _named_peer(node: Any, app: Any, message: Any, peers: list[Any]) -> Any:
    """Of several that are there, the one that is meant."""
    host = message.destination_host.decode().lower()
    return next((each for each in peers if each.node_name.lower() == host), peers[0])


def realm_of(identity: str) -> str:
    """`pgw1.example.net` → `example.net`."""
    return identity.partition(".")[2] or identity
