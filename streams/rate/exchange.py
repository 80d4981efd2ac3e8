"""Exchange of one currency into another, by the rate in force at the time of the usage."""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal

from streams.model.catalog import CurrencyRule
from streams.model.exchange import ExchangeRate
from streams.model.instant import Instant, format_instant
from streams.model.money import CONTEXT, Currency, quantize_line, round_total
from streams.model.usage import UsageRecord
from streams.outcome import Reject, RejectReason

Dated = tuple[list[Instant], list[Decimal]]
"""When each rate of a pair begins, rising, and the rates."""


class Exchange:
    """All exchange rates of a catalog. A rate leads one way only: the way back is another rate."""

    __slots__ = ("_pairs", "_rules")

    def __init__(
        self, rates: Iterable[ExchangeRate] = (), currencies: Iterable[CurrencyRule] = ()
    ) -> None:
        self._rules = {rule.code: rule for rule in currencies}
        self._pairs: dict[tuple[Currency, Currency], Dated] = {}
        for rate in sorted(rates, key=lambda each: each.start):
            starts, values = self._pairs.setdefault((rate.source, rate.target), ([], []))
            starts.append(rate.start)
            values.append(rate.rate)

    def rate_at(self, source: Currency, target: Currency, at: Instant) -> Decimal | None:
        """What one of `source` is worth in `target`; None where no rate has begun."""
        starts, values = self._pairs.get((source, target), ([], []))
        place = bisect_right(starts, at)
        return values[place - 1] if place else None

    def rounded(self, amount: Decimal, rate: Decimal, target: Currency) -> Decimal:
        """The amount at the rate, rounded as the target currency is."""
        rule = self._rules[target]
        worth = CONTEXT.multiply(amount, rate)
        return round_total(worth, digits=rule.digits, mode=rule.rounding)


def exchanged_line(amount: Decimal, rate: Decimal) -> Decimal:
    """The amount at the rate, as exact as a line."""
    return quantize_line(CONTEXT.multiply(amount, rate))


def no_rate(record: UsageRecord, source: Currency, target: Currency, *, plan: str) -> Reject:
    """Suspends the record until a catalog has the rate."""
    at = format_instant(record.occurred_at)
    return Reject(
        RejectReason.UNKNOWN_CURRENCY,
        f"no exchange rate from {source} to {target} at {at}",
        lacks=f"price:{record.tenant}:{plan}:{record.usage_type}",
    )
