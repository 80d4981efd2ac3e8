"""Virtual operators: calls that the host operator's switch carried for them."""

from random import Random

from infra.load.trade import Moment, Trade

_CALL = b"carried,%s,%s,trunk-%d,+%s%07d,%s,%d"
_CALLED = (b"4144", b"4179", b"4176", b"4930", b"49151", b"331", b"336", b"1212", b"1876", b"8190")


def _render(rng: Random, moment: Moment) -> bytes:
    draw = rng.random()
    called = _CALLED[int(draw * draw * len(_CALLED))], rng.randrange(10_000_000)
    seconds = 1 + int(rng.random() ** 2 * 1800)
    trunk = rng.randint(1, 4)
    return _CALL % (moment.event_id, moment.service, trunk, *called, moment.time, seconds)


MVNO_WHOLESALE = Trade(
    catalog="mvno-wholesale",
    currency="EUR",
    time_zones=("Europe/Zurich",),
    account="mvno-%06d",
    service="partner-%06d",
    price_plans=("wholesale", "wholesale", "wholesale_volume"),
    render=_render,
)
