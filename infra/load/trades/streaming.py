"""Viewers: minutes watched by quality and country, titles bought, advertisements shown."""

from random import Random

from infra.load.trade import Moment, Trade, cloudevent

_WATCHED = b'{"minutes":%d,"quality":"%s","country":"%s"}'
_BOUGHT = b'{"shelf":"%s"}'
_SHOWN = b"ad,%s,%s,%s,%d"
_COUNTRIES = (b"CH", b"CH", b"CH", b"DE", b"FR", b"IT", b"AT", b"US", b"BR")
_QUALITIES = (b"sd", b"hd", b"hd", b"uhd")
_SHELVES = (b"new", b"back")


def _render(rng: Random, moment: Moment) -> bytes:
    draw = rng.random()
    if draw < 0.2:
        return _SHOWN % (moment.event_id, moment.service, moment.time, rng.randint(1, 6))
    if draw < 0.23:
        return cloudevent(moment, b"/store", b"title.bought", _BOUGHT % rng.choice(_SHELVES))
    body = _WATCHED % (rng.randint(1, 150), rng.choice(_QUALITIES), rng.choice(_COUNTRIES))
    return cloudevent(moment, b"/players", b"playback.watched", body)


STREAMING = Trade(
    catalog="streaming",
    currency="EUR",
    time_zones=("Europe/Zurich", "Europe/Berlin"),
    account="viewer-%06d",
    service="screen-%06d",
    price_plans=("viewer", "viewer", "pay_per_view"),
    render=_render,
)
