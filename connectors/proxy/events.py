"""Server-sent events, as bytes that are passed on and as the JSON that they carry."""

import json
from typing import Any, Final

EVENT_BYTES_MAX: Final = 16 * 1024 * 1024
DONE: Final = b"data: [DONE]\n\n"


class EventCutter:
    """Cuts a stream of bytes into whole events, each with the empty line that ends it."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> list[bytes]:
        """The events that are whole now. Raises ValueError where one does not end."""
        # A line may end with CR LF; a CR at the end of what came may be half of one.
        text = self._rest + content
        held = b"\r" if text.endswith(b"\r") else b""
        *whole, self._rest = text.removesuffix(held).replace(b"\r\n", b"\n").split(b"\n\n")
        self._rest += held
        if len(self._rest) > EVENT_BYTES_MAX:
            raise ValueError(f"an event of more than {EVENT_BYTES_MAX} bytes")
        return [event + b"\n\n" for event in whole]

    @property
    def rest(self) -> bytes:
        """What came of an event that is not whole."""
        return self._rest


def document_of(event: bytes) -> dict[str, Any] | None:
    """The JSON object that an event carries; None where it carries none."""
    lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    if not lines:
        return None
    try:
        found = json.loads(b"\n".join(lines))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def event_of(document: Any, *, name: str = "") -> bytes:
    """An event that carries a JSON object."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()
