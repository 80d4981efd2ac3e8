"""Merchants: payments by method, payouts to their bank, chargebacks now and then."""

from random import Random

from infra.load.trade import Moment, Trade

_PAYMENT = (
    b'{"kind":"payment","reference":"%s","merchant":"%s","settled_at":"%s","amount":%d.%02d,'
    b'"method":"%s","origin":"%s"}'
)
_PAYOUT = b'{"kind":"payout","reference":"%s","merchant":"%s","settled_at":"%s","amount":%d.%02d}'
_CHARGEBACK = b'{"kind":"chargeback","reference":"%s","merchant":"%s","settled_at":"%s"}'
_METHODS = (b"card", b"card", b"card", b"debit", b"debit", b"transfer")
_ORIGINS = (b"home", b"home", b"home", b"home", b"abroad")


def _render(rng: Random, moment: Moment) -> bytes:
    named = moment.event_id, moment.service, moment.time
    draw = rng.random()
    if draw < 0.005:
        return _CHARGEBACK % named
    if draw < 0.03:
        return _PAYOUT % (*named, *divmod(rng.randint(10_000, 2_000_000), 100))
    cents = 50 + int(rng.random() ** 3 * 60_000)
    return _PAYMENT % (*named, *divmod(cents, 100), rng.choice(_METHODS), rng.choice(_ORIGINS))


PAYMENTS = Trade(
    catalog="payments",
    currency="EUR",
    time_zones=("Europe/Berlin", "Europe/Dublin"),
    account="shop-%06d",
    service="merchant-%06d",
    price_plans=("standard", "starter"),
    render=_render,
)
