"""One request and its retries, without I/O: a course yields what to send and how long to wait.

The same request goes out again by the same name, so however often it is sent it is done once.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from connectors.client.addresses import Addresses
from connectors.client.words import Answer, read_answer
from connectors.errors import Refused, Unavailable

T = TypeVar("T")

AGAIN: Final = frozenset({421, 502, 503, 504})
"""Statuses that say: not now, or not here."""
TOO_MANY: Final = 429


@dataclass(frozen=True)
class Send:
    """Post this; the driver answers with a Reply, or None where there was no connection."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    timeout_s: float


@dataclass(frozen=True)
class Pause:
    """Wait so long."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Course = Generator[Send | Pause, Reply | None, T]


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request is tried: `deadline_s` in all, `attempt_s` each time.

    Between attempts it waits a random time up to `first_s`, doubled each time, up to `most_s`, and
    what the other side asks for by `Retry-After` beside that.
    """

    deadline_s: float = 10.0
    attempt_s: float = 3.0
    first_s: float = 0.05
    most_s: float = 2.0

    def wait_s(self, attempt: int, reply: Reply | None, dice: Random) -> float:
        """How long to wait after this attempt, counted from 0."""
        spread = min(self.most_s, self.first_s * 2.0 ** min(attempt, 30))
        least = _retry_after(reply) if reply is not None else 0
        return least + dice.uniform(0.0, spread)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as it is sent: the same bytes and the same key each time.

    `lease` is the signed grant that it reports on.
    """

    service_id: str
    path: str
    key: str
    body: bytes
    lease: str = ""


class Caller:
    """Sends requests for one tenant with one API key."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        key: str,
        patience: Patience,
        now: Callable[[], float],
        dice: Random,
    ) -> None:
        self._addresses = addresses
        self._authorization = f"Bearer {key}"
        self._patience = patience
        self._now = now
        self._dice = dice

    def call(self, call: Call) -> Course[Answer]:
        """The answer. Raises Unavailable after the deadline, Refused where asking is no use."""
        patience = self._patience
        ends_at, attempt, why = self._now() + patience.deadline_s, 0, "no connection"
        while True:
            left_s = ends_at - self._now()
            if left_s <= 0:
                raise Unavailable(f"{call.path}: no answer in {patience.deadline_s:g} s: {why}")
            address = self._addresses.find(call.service_id)
            reply = yield self._send(call, address, min(left_s, patience.attempt_s))
            if reply is not None and not _is_for_later(reply):
                self._addresses.learn(call.service_id, reply.headers.get("vivace-door", ""))
                return _read(reply)
            why = "no connection" if reply is None else f"status {reply.status}"
            is_elsewhere = reply is None or reply.status not in (503, TOO_MANY)
            if is_elsewhere and self._addresses.failed(call.service_id, address):
                continue
            wait_s = patience.wait_s(attempt, reply, self._dice)
            attempt += 1
            yield Pause(min(wait_s, max(0.0, ends_at - self._now())))

    def _send(self, call: Call, address: str, timeout_s: float) -> Send:
        headers = {
            "authorization": self._authorization,
            "content-type": "application/json",
            "idempotency-key": call.key,
        }
        if call.lease:
            headers["vivace-lease"] = call.lease
        return Send(f"{address}{call.path}", call.body, headers, timeout_s)


def _is_for_later(reply: Reply) -> bool:
    """True where the same request may be answered later; a limit of rate that tells no code too."""
    if reply.status == TOO_MANY:
        return b'"code"' not in reply.content
    return reply.status in AGAIN


def _read(reply: Reply) -> Answer:
    if reply.status == 401 or reply.status >= 500:
        raise Refused(f"status {reply.status}: {reply.content[:300].decode(errors='replace')}")
    return read_answer(
        reply.status,
        reply.content,
        is_repeat=reply.headers.get("idempotency-hit") == "true",
        retry_after=_retry_after(reply),
    )


def _retry_after(reply: Reply) -> int:
    """In seconds; a date is not read."""
    asked = reply.headers.get("retry-after", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
