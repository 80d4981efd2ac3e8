"""Support desks: conversations of a few interactions, of which some are resolved; service levels.

A desk has one conversation in each stretch of time, so that its interactions need no memory here.
"""

from random import Random

from infra.load.trade import Moment, Trade, cloudevent
from streams.model.instant import MINUTE

_BODY = b'{"conversation":"%s-%d","event":"%s","channel":"%s","tokens":%d,"actions":%d}'
_STRETCH = 20 * MINUTE
_EVENTS = (b"question", b"answer", b"answer", b"action", b"confirmed", b"left", b"handoff")
_CHANNELS = (b"chat", b"chat", b"mail", b"voice")


def _render(rng: Random, moment: Moment) -> bytes:
    if rng.random() < 0.004:
        body = b'{"availability":%d.%02d}' % (rng.randint(98, 99), rng.randint(0, 99))
        return cloudevent(moment, b"/monitoring", b"service.level", body)
    event = rng.choice(_EVENTS)
    stretch = moment.at // _STRETCH
    tokens = rng.randint(50, 4000) if event in (b"answer", b"action") else 0
    actions = 1 if event == b"action" else 0
    channel = _CHANNELS[stretch % len(_CHANNELS)]
    body = _BODY % (moment.service, stretch, event, channel, tokens, actions)
    return cloudevent(moment, b"/assistant", b"conversation.interaction", body)


PAY_PER_RESOLUTION = Trade(
    catalog="pay-per-resolution",
    currency="USD",
    time_zones=("UTC", "America/New_York"),
    account="desk-%06d",
    service="assistant-%06d",
    price_plans=("desk", "pay_as_you_go"),
    render=_render,
    in_order=True,
)
