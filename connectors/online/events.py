"""What sessions are told, as Server-Sent Events: their text, and the place that one asks from."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import asdict

from connectors.errors import Refused
from streams.model.instant import format_instant
from streams.model.session_command import SessionCommand

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = b": still here\n\n"
COMMAND: Final = "session-command"
GAP: Final = "gap"
_PLACES_MAX: Final = 4_096
_encode = msgspec.json.Encoder().encode

Places = dict[int, int]
"""By partition the number of the next command."""


def command_event(command: SessionCommand, places: Mapping[int, int]) -> bytes:
    """One command, with the place after it."""
    return event(COMMAND, command_body(command), places)


def command_body(command: SessionCommand) -> dict[str, Any]:
    """A command as its JSON document; what it does not say is left out."""
    told = {word: value for word, value in asdict(command).items() if value != ""}
    return told | {"occurred_at": format_instant(command.occurred_at)}


def gap_event(places: Mapping[int, int]) -> bytes:
    """Some of what was asked for is not kept any more: ask for the sessions themselves."""
    return event(GAP, {}, places)


def place_event(places: Mapping[int, int]) -> bytes:
    """Nothing but the place, so that one who comes back asks from there."""
    return f"id: {place_text(places)}\n\n".encode()


def event(name: str, body: Mapping[str, Any], places: Mapping[int, int]) -> bytes:
    """An event with the place after it."""
    return f"id: {place_text(places)}\nevent: {name}\ndata: ".encode() + _encode(body) + b"\n\n"


def place_text(places: Mapping[int, int]) -> str:
    """`0:17,3:4`: of each partition the number of the next command."""
    return ",".join(f"{partition}:{number}" for partition, number in sorted(places.items()))


def place_of(text: str) -> Places:
    """The place that `place_text` wrote. Raises Refused."""
    places: Places = {}
    for part in text.split(",", _PLACES_MAX) if text else ():
        partition, _, number = part.partition(":")
        if not (_is_number(partition) and _is_number(number)):
            raise Refused(f"Last-Event-ID: expected the id of an event, found {text[:80]!r}")
        places[int(partition)] = int(number)
    return places


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
