"""Faust's producer, idempotent and acknowledged by all replicas."""

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver


class AcknowledgedProducer(driver.Producer):  # type: ignore[misc]
    """Every send is acks=all and idempotent, so that a retry inside the client cannot double it.

    The driver turns idempotence on for its exactly-once mode alone (`drivers/aiokafka.py`,
    `_settings_extra`). aiokafka then retries for ever (`producer/sender.py`, `_can_retry`): a send
    has no time-out of its own, and whoever awaits one decides how long to wait.
    """

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def flush(self) -> None:
        """Wait until all that was sent is acknowledged.

        The base class gives up on its buffer after 100 ms (`transport/producer.py`, `flush`).
        """
        while self.buffer.size:
            await self.buffer.flush()
        if self._producer is not None:
            await self._producer.flush()
