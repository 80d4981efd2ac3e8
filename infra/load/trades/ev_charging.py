"""Drivers: charging sessions at own charge points (JSON) and at partners' (CSV)."""

from random import Random

from infra.load.trade import Moment, Trade

_OWN = (
    b'{"session_id":"%s","card":"%s","started_at":"%s","kwh":%d.%02d,"charging_s":%d,'
    b'"parking_s":%d,"power_kw":"%d","network":"own"}'
)
_PARTNER = b"cdr;%s;%s;%s;%d.%02d;%d;%d;%d;roaming"
_POWERS = (11, 11, 22, 50, 150)


def _render(rng: Random, moment: Moment) -> bytes:
    power = rng.choice(_POWERS)
    charging_s = rng.randint(300, 10_800)
    # A battery takes about two thirds of what the charge point could give.
    kwh = divmod(charging_s * power * 100 * 2 // (3 * 3600), 100)
    parking_s = rng.randint(1, 7200) if rng.random() < 0.3 else 0
    rendered = _PARTNER if rng.random() < 0.25 else _OWN
    named = moment.event_id, moment.service, moment.time
    return rendered % (*named, *kwh, charging_s, parking_s, power)


EV_CHARGING = Trade(
    catalog="ev-charging",
    currency="CHF",
    time_zones=("Europe/Zurich",),
    account="driver-%06d",
    service="card-%06d",
    price_plans=("ad_hoc", "member"),
    render=_render,
)
