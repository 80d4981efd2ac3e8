"""Households: what their meters show. A reading follows from the time, so that it only rises."""

from random import Random

from infra.load.trade import Moment, Trade
from streams.model.instant import MINUTE

_POWER = (
    b'{"kind":"power","id":"%s","connection":"%s","read_at":"%s","reading":%d.%02d,'
    b'"register":"%s","meter":"p-%s"}'
)
_WATER = (
    b'{"kind":"water","id":"%s","connection":"%s","read_at":"%s","reading":%d.%03d,"meter":"w-%s"}'
)
_POWER_MAX, _WATER_MAX = 10**6, 10**5
_REGISTERS = ((b"day", 3), (b"night", 2))


def _render(rng: Random, moment: Moment) -> bytes:
    minutes = moment.at // MINUTE
    named = moment.event_id, moment.service, moment.time
    if rng.random() < 0.25:
        litres = minutes // 4 % (_WATER_MAX * 1000)
        return _WATER % (*named, *divmod(litres, 1000), moment.service)
    register, pace = rng.choice(_REGISTERS)
    shown = divmod(minutes * pace % (_POWER_MAX * 100), 100)
    return _POWER % (*named, *shown, register, moment.service)


UTILITY_METER = Trade(
    catalog="utility-meter",
    currency="CHF",
    time_zones=("Europe/Zurich",),
    account="household-%06d",
    service="connection-%06d",
    price_plans=("household",),
    render=_render,
    in_order=True,
)
