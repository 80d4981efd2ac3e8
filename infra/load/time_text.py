"""Instants as the text that sources write."""

from datetime import UTC, datetime

from streams.model.instant import SECOND, Instant


class TimeText:
    """Renders instants as RFC 3339 with milliseconds; remembers the last second's text."""

    def __init__(self) -> None:
        self._second = -1
        self._text = b""

    def text(self, at: Instant) -> bytes:
        """The instant's text."""
        second, micros = divmod(at, SECOND)
        if second != self._second:
            moment = datetime.fromtimestamp(second, UTC)
            self._text = moment.strftime("%Y-%m-%dT%H:%M:%S").encode()
            self._second = second
        return b"%s.%03dZ" % (self._text, micros // 1000)
