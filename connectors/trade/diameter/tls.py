"""Diameter inside TLS (RFC 6733, 13): both sides prove who they are, from the first byte on.

The library's node knows sockets alone and waits for them by `select`. So a connection inside TLS
looks to it like any other: what has not come whole yet is EAGAIN, and what was decrypted is given
out whole, since `select` knows nothing of it.
"""

import errno
import socket
import ssl
from pathlib import Path
from typing import Any

import structlog

from connectors.errors import Refused
from connectors.trade.diameter.peers import PeerNode

_log: Any = structlog.get_logger()


class TlsSocket(ssl.SSLSocket):
    """A socket inside TLS for a loop that knows none. Its handshake is made by the first reads.

    `names` are those in the other side's certificate, once something has come.
    """

    names: frozenset[str] = frozenset()

    def accept(self) -> tuple[socket.socket, Any]:  # type: ignore[override]
        """The next connection. One that is gone already reads as one that has just ended."""
        try:
            return super().accept()
        except OSError:
            ended, other = socket.socketpair()
            other.close()
            return ended, ("", 0)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """What has come, all of it that is decrypted. Raises BlockingIOError, ConnectionError."""
        try:
            found = super().recv(buflen, flags)
            while rest := self.pending():
                found += super().recv(rest, flags)
        except ssl.SSLError as error:
            raise _as_of_any_socket(error) from error
        if found and not self.names:
            told: Any = (self.getpeercert() or {}).get("subjectAltName", ())
            self.names = frozenset(name.lower() for kind, name in told if kind == "DNS")
        return found

    def send(self, data: Any, flags: int = 0) -> int:
        """How many bytes are on their way. Raises BlockingIOError, ConnectionError."""
        try:
            return super().send(data, flags)
        except ssl.SSLError as error:
            raise _as_of_any_socket(error) from error


def _as_of_any_socket(error: ssl.SSLError) -> OSError:
    if isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError):
        return BlockingIOError(errno.EAGAIN, "a part of a record")
    _log.warning("diameter: tls", problem=str(error))
    return ConnectionResetError(errno.ECONNRESET, str(error))


def context_of(certificate: Path, authorities: Path) -> ssl.SSLContext:
    """How connections are accepted: by our certificate with its key, PEM, from peers whose
    certificates these authorities have signed. Raises Refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.sslsocket_class = TlsSocket
    try:
        context.load_cert_chain(certificate)
        context.load_verify_locations(authorities)
    except OSError as error:
        raise Refused(f"diameter_certificate, diameter_authorities: {error}") from error
    return context


class _Listening(list[socket.socket]):
    """The sockets that a node listens on: each is inside TLS as soon as the node has made it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context

    def append(self, made: socket.socket) -> None:
        """Take a socket that listens."""
        super().append(
            self._context.wrap_socket(made, server_side=True, do_handshake_on_connect=False)
        )


class TlsNode(PeerNode):
    """A node that peers reach by TLS alone, each by the name in its own certificate."""

    def __init__(self, *words: Any, context: ssl.SSLContext, **more: Any) -> None:
        super().__init__(*words, **more)
        self.tcp_sockets = _Listening(context)

    def receive_cer(self, conn: Any, message: Any) -> None:
        """A peer says who it is. A name that is not in its certificate is an unknown peer's."""
        found, name = self.peer_sockets.get(conn.ident), message.origin_host.decode()
        if not isinstance(found, TlsSocket) or name.lower() not in found.names:
            _log.warning("diameter: not in the certificate", peer=name)
            message.origin_host = b""
        super().receive_cer(conn, message)
