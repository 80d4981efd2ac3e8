"""What running sessions are told, as it is told: for a gateway that holds them, on asyncio."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final
from urllib.parse import quote

import httpx

from connectors.errors import Refused

SILENT_S: Final = 45.0
"""A stream that does not even send its comments for so long is taken for lost."""
_FIRST_WAIT_S: Final = 0.05
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, kw_only=True)
class Commanded:
    """One command: what the gateway is to do with a session, and why.

    `action`: reauthorise, throttle, restrict, redirect, terminate, resume, notify.
    """

    session: str
    action: str
    value: str = ""
    reason: str = ""
    cause: str = ""
    account: str = ""
    service_id: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


class CommandStream:
    """The commands of the sessions whose requests named this gateway.

    A stream that breaks goes on from its place; what comes twice is left out.
    """

    def __init__(self, addresses: Sequence[str], *, tenant: str, key: str, gateway: str) -> None:
        place = f"/v1/tenants/{quote(tenant, safe='')}/session-commands"
        wanted = f"?gateway={quote(gateway, safe='')}" if gateway else ""
        self._urls = [f"{address.rstrip('/')}{place}{wanted}" for address in addresses]
        self._key = key
        self._place = ""
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)
        self._failures = 0
        self._dice = Random()

    async def follow(self, http: httpx.AsyncClient) -> AsyncIterator[Commanded]:
        """Every command, for ever. Raises Refused where the key may not read them."""
        for attempt in count():
            url = self._urls[attempt % len(self._urls)]
            with suppress(httpx.TransportError):  # it is asked for again, from where it was
                async for command in self._once(http, url):
                    yield command
            self._failures = min(self._failures + 1, 6)
            await asyncio.sleep(self._dice.uniform(0.0, _FIRST_WAIT_S * 2.0**self._failures))

    async def _once(self, http: httpx.AsyncClient, url: str) -> AsyncIterator[Commanded]:
        headers = {"authorization": f"Bearer {self._key}", "accept": "text/event-stream"}
        if self._place:
            headers["last-event-id"] = self._place
        timeout = httpx.Timeout(SILENT_S, connect=3.0)
        async with http.stream("GET", url, headers=headers, timeout=timeout) as found:
            if found.status_code in (400, 401, 403, 404):
                raise Refused(f"status {found.status_code}: {(await found.aread())[:200]!r}")
            if found.status_code != 200:
                return
            self._failures, name, text = 0, "", ""
            async for line in found.aiter_lines():
                word, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match word:
                    case "id":
                        self._place = value
                    case "event":
                        name = value
                    case "data":
                        text = value
                    case "" if not line:
                        if name == "session-command" and (command := self._command(text)):
                            yield command
                        name, text = "", ""

    def _command(self, text: str) -> Commanded | None:
        told = json.loads(text)
        if told["command_id"] in self._seen:
            return None
        self._seen.append(told["command_id"])
        words = ("session", "action", "value", "reason", "cause", "account", "service_id")
        return Commanded(**{word: told.get(word, "") for word in words}, told=told)
