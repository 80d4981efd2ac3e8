"""The library's node, with one thing mended: whose answer is whose.

It finds the peer that waits for an answer by the Hop-by-Hop Identifier of the request alone. Each
peer counts these for itself, so two peers that ask at the same time may use the same one, and would
be told each other's answers. Here a request has a longer identifier while it is being answered: a
number of ours above the 32 bits of the peer's.
"""

import threading
from itertools import count
from typing import Any, Final

from diameter.node import Node

_BITS: Final = 32


class PeerNode(Node):  # type: ignore[misc]
    """A node whose peers may use the same identifiers."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._numbers = count(1)
        self._finding = threading.Lock()

    def _receive_app_request(self, conn: Any, message: Any) -> None:
        message.header.hop_by_hop_identifier |= next(self._numbers) << _BITS
        with self._finding:
            super()._receive_app_request(conn, message)

    def route_answer(self, message: Any) -> Any:
        """The connection that waits for an answer. Raises NotRoutable where none does any more."""
        with self._finding:
            return super().route_answer(message)

    def send_message(self, conn: Any, message: Any) -> None:
        """Send it; an answer by the identifier that its request came with."""
        message.header.hop_by_hop_identifier &= 2**_BITS - 1
        super().send_message(conn, message)
