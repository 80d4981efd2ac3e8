"""What one currency is worth in another."""

from decimal import Decimal

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import Currency


class ExchangeRate(Struct, frozen=True, kw_only=True):
    """One unit of `source` is worth `rate` of `target`, from `start` until the pair's next rate."""

    source: Currency
    target: Currency
    rate: Decimal
    start: Instant
