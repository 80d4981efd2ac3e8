"""Reading further topics while the app runs."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

POLL_S: Final = 0.05


async def read_also(app: Any, topics: Sequence[str]) -> None:
    """Let the app's only agent read these topics too, from where its group is or their beginning.

    The group rebalances once; batches in hand are given out again where they were not committed.
    Faust's own way (`transport/conductor.py`, `_subscriber`) waits 45 s, and forgets a change that
    comes in the middle of a rebalance. Returns once the client was told.
    """
    (agent,) = app.agents.values()
    names = [*agent.channel.topics, *topics]
    # Each partition's actor has a copy of the agent's channel; the subscription is their union.
    for channel in (agent.channel, agent.channel_iterator, *app.topics):
        channel.topics = names
    app.agents.update_topic_index()
    await app.topics.wait_for_subscriptions()
    while app.rebalancing:
        await asyncio.sleep(POLL_S)
    await app.consumer.commit()
    await app.consumer.subscribe(await app.topics._update_indices())
