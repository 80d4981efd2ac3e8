"""One receiver's lane: alerts in, webhooks out, each account's in its order.

Alerts of different accounts are delivered beside one another; the next of an account waits until
the one before is delivered or given up. A batch is acknowledged once all of it has ended, so a lane
that dies delivers some again, never too few.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, Protocol

from connectors.steps import WebhookStep, passed
from connectors.webhooks.body import body_of
from connectors.webhooks.delivery import Ended, Webhook
from connectors.webhooks.receivers import Receiver
from streams.model.rated import Alert

BESIDE: Final = 8
"""Accounts that are delivered to at the same time."""


class Taken(NamedTuple):
    """An alert as it was read: `message` is its bytes on the topic, `key` its account's."""

    key: bytes
    message: bytes
    alert: Alert


class Delivers(Protocol):
    """Delivers a webhook to the end."""

    def deliver(self, webhook: Webhook) -> Ended:
        """How it ended. Raises Stopped."""


GiveUp = Callable[[Taken, Ended], None]
"""Takes what could not be delivered; it returns once that is kept."""


class Lane:
    """Delivers batches. What is given up goes to `give_up`, and the lane goes on."""

    def __init__(self, receiver: Receiver, deliverer: Delivers, give_up: GiveUp) -> None:
        self._receiver = receiver
        self._deliverer = deliverer
        self._give_up = give_up
        self._threads = ThreadPoolExecutor(BESIDE, thread_name_prefix=f"webhook-{receiver.id}")

    def deliver(self, batch: Sequence[Taken]) -> tuple[int, int]:
        """Deliver all that the receiver wants; how many were delivered, and given up.

        Raises Stopped, or what `give_up` raises: then the batch is to be delivered again.
        """
        accounts: dict[bytes, list[Taken]] = {}
        for taken in batch:
            if self._receiver.wants(taken.alert):
                accounts.setdefault(taken.key, []).append(taken)
        waiting = [self._threads.submit(self._in_order, held) for held in accounts.values()]
        # All of them end before the first failure is told: nothing goes on behind its back.
        problems = [each.exception() for each in waiting]
        for problem in problems:
            if problem is not None:
                raise problem
        ended = [each for future in waiting for each in future.result()]
        delivered = sum(each.is_delivered for each in ended)
        return delivered, len(ended) - delivered

    def _in_order(self, held: list[Taken]) -> list[Ended]:
        found: list[Ended] = []
        for taken in held:
            ended = self._deliverer.deliver(Webhook(taken.alert.alert_id, body_of(taken.alert)))
            if ended.is_delivered:
                passed(WebhookStep.AFTER_ANSWER)
            else:
                self._give_up(taken, ended)
                passed(WebhookStep.AFTER_KEPT)
            found.append(ended)
        return found

    def close(self) -> None:
        """End its threads."""
        self._threads.shutdown()
