"""The messages of a plan for one example catalog, in order, from the plan's seed alone."""

from collections import deque
from collections.abc import Iterator
from random import Random

from infra.load.plan import Kind, LoadPlan, Message
from infra.load.population import STRANGER_OFFSET, STRANGERS
from infra.load.time_text import TimeText
from infra.load.trade import Moment, Trade

_RECENT = 400
_BROKEN = b'{"specversion":"1.0","id":"%s","time":"%s"'


def trade_messages(plan: LoadPlan, trade: Trade) -> Iterator[Message]:
    """Good usage, some of it late, doubled, broken, or of customers that are not known yet."""
    rng, recent = Random(plan.seed), deque[Message](maxlen=_RECENT)
    clock, late_clock = TimeText(), TimeText()
    services = [(trade.service % number).encode() for number in range(plan.accounts)]
    late, unknown = (0, 0) if trade.in_order else (plan.late, plan.unknown)
    for number in range(plan.events):
        at = plan.start + plan.span * number // plan.events
        told = clock
        if late and rng.random() * 1000 < late:
            at, told = at - int(plan.lateness * rng.random()), late_clock
        event_id, time = b"e%d-%09d" % (plan.seed, number), told.text(at)
        fault = rng.random() * 1000
        if fault < plan.doubled and recent:
            again = rng.choice(recent)
            yield again._replace(kinds=(Kind.DOUBLED,))
            continue
        fault -= plan.doubled
        if 0 <= fault < plan.broken:
            yield Message(_BROKEN % (event_id, time), None, (), (Kind.BROKEN,))
            continue
        fault -= plan.broken
        is_stranger = 0 <= fault < unknown
        if is_stranger:
            service = (trade.service % (STRANGER_OFFSET + rng.randrange(STRANGERS))).encode()
        else:
            draw = rng.random()
            service = services[int(draw * draw * len(services))]
        value = trade.render(rng, Moment(event_id, service, at, time))
        made = Message(value, service, (), (Kind.UNKNOWN if is_stranger else Kind.GOOD,))
        if not is_stranger:
            recent.append(made)
        yield made
