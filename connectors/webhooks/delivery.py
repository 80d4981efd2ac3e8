"""Delivering one webhook: attempts that are further and further apart, and an end of them.

Delivery is at least once: an answer that is lost is asked for again, under the same `webhook-id`.
Any answer of the 200s is one; 410 ends it at once. Redirections are answers like any other: to
follow one would send the alert where nobody has registered it.
"""

from collections.abc import Callable
from random import SystemRandom
from typing import Any, Final, NamedTuple, Protocol

import httpx
import structlog

from connectors.clock import now
from connectors.webhooks.receivers import Receiver
from connectors.webhooks.signature import Secret, headers_of
from streams.model.instant import SECOND

_log: Any = structlog.get_logger()
_GONE: Final = 410
_ANSWER_BYTES: Final = 64 * 1024


class Chance(Protocol):
    """What spreads attempts, so that receivers that come back are not run over by all at once."""

    def random(self) -> float:
        """At least 0, less than 1."""


class Patience(NamedTuple):
    """How often, and how far apart: from `first_s` on twice as long each time, up to `most_s`."""

    attempts: int = 12
    first_s: float = 1.0
    most_s: float = 3600.0
    timeout_s: float = 10.0

    def pause_s(self, attempt: int, chance: Chance) -> float:
        """How long to wait after attempt number `attempt`, from 1: half of it is chance."""
        whole = min(self.most_s, self.first_s * 2.0 ** (attempt - 1))
        return float(whole * (0.5 + chance.random() / 2))


class Webhook(NamedTuple):
    """What is sent: its id is the alert's."""

    message_id: str
    body: bytes


class Ended(NamedTuple):
    """How a delivery ended: delivered, or why not after so many attempts."""

    attempts: int
    problem: str = ""

    @property
    def is_delivered(self) -> bool:
        """True where the receiver has taken it."""
        return not self.problem


class Stopped(Exception):
    """The process is to end: what was not delivered is delivered after its next start."""


class Deliverer:
    """Delivers to one receiver. `wait` pauses, and says True where the process is to end."""

    def __init__(  # noqa: PLR0913 - what it needs of the world, each by its name
        self,
        receiver: Receiver,
        secret: Secret,
        client: httpx.Client,
        *,
        patience: Patience,
        chance: Chance,
        now_s: Callable[[], int],
        wait: Callable[[float], bool],
    ) -> None:
        self._receiver = receiver
        self._secret = secret
        self._client = client
        self._patience = patience
        self._chance = chance
        self._now_s = now_s
        self._wait = wait

    def deliver(self, webhook: Webhook) -> Ended:
        """Attempt it until it is taken or given up. Raises Stopped."""
        attempts = self._patience.attempts
        for attempt in range(1, attempts + 1):
            problem, is_final = self._attempt(webhook)
            if not problem:
                return Ended(attempt)
            _log.warning(
                "webhook not taken",
                receiver=self._receiver.id,
                webhook_id=webhook.message_id,
                attempt=attempt,
                problem=problem,
            )
            if is_final or attempt == attempts:
                break
            if self._wait(self._patience.pause_s(attempt, self._chance)):
                raise Stopped
        return Ended(attempt, problem)

    def _attempt(self, webhook: Webhook) -> tuple[str, bool]:
        """What went wrong, and whether that is for good; nothing where it was taken."""
        at_s = self._now_s()
        headers = headers_of(webhook.message_id, webhook.body, at_s=at_s, secret=self._secret)
        try:
            with self._client.stream(
                "POST", self._receiver.url, content=webhook.body, headers=headers
            ) as answer:
                read = 0
                # A receiver's words are of no use, but it is heard out.
                for part in answer.iter_raw():
                    read += len(part)
                    if read > _ANSWER_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{type(error).__name__}: {error}"[:200], False
        if answer.is_success:
            return "", False
        return f"answered {answer.status_code}", answer.status_code == _GONE


def new_client(patience: Patience) -> httpx.Client:
    """A client that follows nothing and waits no longer than `timeout_s` for any answer.

    Each attempt has a connection of its own: on one that is kept, a second answer to the same
    request would be taken for the answer to the next, which may have been a refusal.
    """
    return httpx.Client(
        timeout=patience.timeout_s, follow_redirects=False, headers={"connection": "close"}
    )


def deliverer_to(
    receiver: Receiver, client: httpx.Client, *, patience: Patience, wait: Callable[[float], bool]
) -> Deliverer:
    """Delivers by this machine's clock and chance. Raises Refused where there is no secret."""
    return Deliverer(
        receiver,
        receiver.secret(),
        client,
        patience=patience,
        chance=SystemRandom(),
        now_s=lambda: now() // SECOND,
        wait=wait,
    )
