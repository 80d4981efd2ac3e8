"""The Diameter node: python-diameter speaks to peers in its threads, our loop answers.

Only peers that are named in the settings get in, and all of them ask for one tenant: whoever is on
the list could claim to be any other of it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import structlog
from diameter.message import constants as names
from diameter.node import Node
from diameter.node.application import Application, SimpleThreadingApplication

from connectors import clock
from connectors.errors import Refused, Unavailable
from connectors.trade.diameter.codes import ResultCode
from connectors.trade.diameter.credit_control import Credit, Credits
from connectors.trade.diameter.messages import fill, read
from streams.model.instant import Instant

_log: Any = structlog.get_logger()
ANSWER_S: Final = 12.0
THREADS_MAX: Final = 64
"""So many requests are answered at once; more get DIAMETER_TOO_BUSY."""
STOP_S: Final = 5


class CreditNode:
    """Listens for peers. `identity` is our host's name, its realm what follows the first point."""

    def __init__(
        self,
        credits: Credits,
        *,
        identity: str,
        peers: list[str],
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._credits = credits
        self._identity = identity
        self._peers = peers
        self._now = now
        self._node: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, host: str, port: int) -> None:
        """Listen. To be called where the loop runs."""
        self._loop = asyncio.get_running_loop()
        logging.getLogger("diameter").setLevel(logging.ERROR)
        self._node = Node(
            self._identity, realm_of(self._identity), ip_addresses=[host], tcp_port=port
        )
        # What is sent again is known by its session and number: it gets its first answer.
        self._node.retransmit_queue_size = 0
        peers = [self._node.add_peer(f"aaa://{peer}", realm_of(peer)) for peer in self._peers]
        app = SimpleThreadingApplication(
            names.APP_DIAMETER_CREDIT_CONTROL_APPLICATION,
            is_auth_application=True,
            max_threads=THREADS_MAX,
            request_handler=self._answer,
        )
        self._node.add_application(app, peers, realms=[realm_of(self._identity)])
        self._node.start()

    def close(self) -> None:
        """Say goodbye to the peers, and listen no longer. Waits for them a while."""
        if self._node is not None:
            self._node.stop(wait_timeout=STOP_S)

    def _answer(self, app: Application, message: Any) -> Any:
        """The answer to one message; in a thread of the application."""
        answer = app.generate_answer(message)
        try:
            request = read(message)
        except Refused as error:
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


def realm_of(identity: str) -> str:
    """`pgw1.example.net` → `example.net`."""
    return identity.partition(".")[2] or identity
