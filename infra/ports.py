"""Ports of this machine's loopback."""

import socket

from infra.errors import CannotStart

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def require_free(port: int, *, of: str, setting: str) -> None:
    """Raise `CannotStart` with the way out when `port` is taken."""
    if not is_free(port):
        raise CannotStart(
            f"Port {port} for {of} is taken by another program. End it, or set {setting} to "
            f"another port."
        )
