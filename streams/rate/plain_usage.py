"""A record as plain values: what expressions and plugged-in functions over usage see.

The record's attributes stand under their own names, as text. Beside them: `transaction_type`,
`duration_s` (seconds), `units` (quantity by unit; 0 where the record has none), `account` (its
attributes) and `accumulators` (totals of the record's period before it; 0 where it has none). Where
the catalog declares attributes or segments, `subscription`, `service`, `status` and `segment` too.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from streams.model.instant import SECOND
from streams.model.money import CONTEXT, Quantity
from streams.model.rate_unit import TRANSACTION_TYPE, USAGE
from streams.model.usage import UsageRecord
from streams.rate.payer import Payer
from streams.rate.quantity import exact

DURATION: Final = "duration_s"
UNITS: Final = "units"
ACCOUNT: Final = "account"
ACCUMULATORS: Final = "accumulators"
WORDS: Final = (TRANSACTION_TYPE, DURATION, UNITS, ACCOUNT, ACCUMULATORS)
"""The names that no attribute may have, since they stand for something else."""

Plain = dict[str, Any]
Tell = Callable[[UsageRecord, Payer, Callable[[str], Quantity]], Plain]
"""A record of a payer in plain values; the last argument says an accumulator's total."""
_SECOND: Final = Decimal(SECOND)


def compile_plain(units: Iterable[str], accumulators: Iterable[str]) -> Tell:
    """The function that tells a record of a usage type with these units in plain values."""
    nothing, totals = dict.fromkeys(units, 0), tuple(accumulators)

    def tell(record: UsageRecord, payer: Payer, total_of: Callable[[str], Quantity]) -> Plain:
        seconds = CONTEXT.divide(Decimal(record.ended_at - record.occurred_at), _SECOND)
        plain: Plain = {
            TRANSACTION_TYPE: USAGE,
            **record.attributes,
            DURATION: exact(seconds),
            UNITS: nothing | {usage.unit: usage.quantity for usage in record.usages},
            ACCOUNT: payer.account.attributes,
            ACCUMULATORS: {name: total_of(name) for name in totals},
        }
        if payer.plain is not None:
            plain |= payer.plain
        return plain

    return tell
