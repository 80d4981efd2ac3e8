"""An agent that fails stops its worker, instead of losing what it had in hand."""

import asyncio
import logging
from typing import Any

from faust.agents.agent import Agent, _current_agent

from topologies.transport.stop import stop_failed

_log = logging.getLogger(__name__)


class FailStopAgent(Agent):  # type: ignore[misc]
    """Faust's agent with manual acknowledgement only.

    Faust restarts an agent that raised (`agents/agent.py`, `_execute_actor`) and its stream
    acknowledges the event that was in hand when the iterator closed (`streams.py`, `__aiter__`), so
    that a failed event is committed and never seen again. Here streams never acknowledge, and an
    error ends the process; the next start reads the same batch again.
    """

    def stream(self, *args: Any, **options: Any) -> Any:
        """The agent's stream, without Faust's own acknowledgements."""
        stream = super().stream(*args, **options)
        stream.enable_acks = False
        return stream

    async def _execute_actor(self, coro: Any, aref: Any) -> None:
        _current_agent.set(self)
        try:
            await coro
        except asyncio.CancelledError as cancelled:
            if self.should_stop:
                raise
            # A rebalance cancels the actors of partitions that left; the supervisor makes new ones.
            await aref.crash(cancelled)
            self.supervisor.wakeup()
        except Exception as error:
            _log.critical("agent %s raised", self.name)
            await stop_failed(self.app, error)
