"""Notices posted to network functions; of charging data, re-authorise and abort.

Only addresses of the settings are posted to: a caller could name any other, and let us ask for him.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from connectors.errors import Refused
from streams.model.session_command import SessionCommand

DOOR: Final = "nchf"
TIMEOUT_S: Final = 3.0
_KNOWN_NO_MORE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Notifier:
    """Posts to network functions below `allowed`: schemes and hosts, each with its port."""

    def __init__(self, allowed: Iterable[str], client: httpx.AsyncClient | None = None) -> None:
        self._allowed = {_origin_of(each) for each in allowed}
        self._client = client or httpx.AsyncClient(
            http1=False, http2=True, timeout=TIMEOUT_S, follow_redirects=False
        )

    def allows(self, uri: str) -> bool:
        """True where it is posted to."""
        try:
            return _origin_of(uri) in self._allowed
        except Refused:
            return False

    async def bring(self, command: SessionCommand, uri: str) -> bool:
        """Post the notice of a session; True where it came, or is of no use any more."""
        return await self.post(uri, notice_of(command))

    async def post(self, uri: str, body: dict[str, Any]) -> bool:
        """Post a notice; True where it came, or its holder knows no more what it is of."""
        if not self.allows(uri):
            return True
        try:
            answer = await self._client.post(uri, json=body)
        except httpx.HTTPError:
            return False
        return answer.is_success or answer.status_code in _KNOWN_NO_MORE

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()


def notice_of(command: SessionCommand) -> dict[str, Any]:
    """A ChargingNotifyRequest: what ends aborts; all else is told when the network asks again."""
    ends = command.action == "terminate" or command.cause == "expiry"
    return {"notificationType": "ABORT_CHARGING" if ends else "REAUTHORIZATION"}


def _origin_of(uri: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(uri.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Refused(f"{uri[:100]} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise Refused(f"{uri[:100]} is no address: expected http://HOST:PORT or https://HOST:PORT")
    return parts.scheme, parts.hostname, port
