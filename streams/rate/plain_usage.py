"""A record as plain values: what expressions and plugged-in functions over usage see.

The record's attributes stand under their own names, as text. Beside them: `transaction_type`,
`duration_s` (seconds), `units` (quantity by unit; 0 where the record has none), `account` (its
attributes) and `accumulators` (totals of the record's period before it; 0 where it has none).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from streams.model.instant import SECOND
from streams.model.money import CONTEXT
from streams.model.rate_unit import TRANSACTION_TYPE, USAGE
from streams.rate.quantity import exact
from streams.rate.rating import Rating

DURATION: Final = "duration_s"
UNITS: Final = "units"
ACCOUNT: Final = "account"
ACCUMULATORS: Final = "accumulators"
WORDS: Final = (TRANSACTION_TYPE, DURATION, UNITS, ACCOUNT, ACCUMULATORS)
"""The names that no attribute may have, since they stand for something else."""

Plain = dict[str, Any]
_SECOND: Final = Decimal(SECOND)


def compile_plain(
    units: Iterable[str], accumulators: Iterable[str]
) -> Callable[[Rating], dict[str, Any]]:
    """The function that tells a record of a usage type with these units in plain values."""
    nothing, totals = dict.fromkeys(units, 0), tuple(accumulators)

    def tell(rating: Rating) -> Plain:
        record, account = rating.record, rating.payer.account
        seconds = CONTEXT.divide(Decimal(record.ended_at - record.occurred_at), _SECOND)
        return {
            TRANSACTION_TYPE: USAGE,
            **record.attributes,
            DURATION: exact(seconds),
            UNITS: nothing | {usage.unit: usage.quantity for usage in record.usages},
            ACCOUNT: account.attributes,
            ACCUMULATORS: {name: rating.used_of(name) for name in totals},
        }

    return tell
