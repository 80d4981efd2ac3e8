"""The example catalogs beside those of the default demonstration, each with its usage."""

from infra.load.trade import Trade
from infra.load.trades.cloud_compute import CLOUD_COMPUTE
from infra.load.trades.ev_charging import EV_CHARGING
from infra.load.trades.mvno_wholesale import MVNO_WHOLESALE
from infra.load.trades.pay_per_resolution import PAY_PER_RESOLUTION
from infra.load.trades.payments import PAYMENTS
from infra.load.trades.streaming import STREAMING
from infra.load.trades.utility_meter import UTILITY_METER

TRADES: dict[str, Trade] = {
    trade.catalog: trade
    for trade in (
        CLOUD_COMPUTE,
        EV_CHARGING,
        MVNO_WHOLESALE,
        PAY_PER_RESOLUTION,
        PAYMENTS,
        STREAMING,
        UTILITY_METER,
    )
}
"""By the name of the catalog's folder."""
