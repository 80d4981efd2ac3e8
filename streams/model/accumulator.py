"""Accumulators: what usage comes to, of whom, and over which time."""

from typing import Literal

from msgspec import Struct

from streams.expression import Expression
from streams.model.billing_period import BillingPeriod
from streams.model.instant import Instant

Aggregate = Literal["sum", "min", "max", "latest", "unique", "average", "weighted_sum"]
"""What the values of records come to."""

Scope = Literal["account", "subscription", "service", "product", "session", "group"]
"""Whose total it is: one for each of them. A group is all accounts of one root."""

UNIQUE_MOST = 1000
"""So many different values are told apart, where a catalog does not say."""


class Rolling(Struct, frozen=True, kw_only=True):
    """A window of so many `steps`, the newest of them the one that was used last."""

    steps: int
    step: BillingPeriod


class Accumulator(Struct, frozen=True, kw_only=True):
    """A running total by calendar month of the account, or by `period`; offers' impacts move it.

    `sums` says of what: the quantity of usage, one for each record, or what records cost without
    tax; `of` is an expression in place of that. `usage_units` are the units it sums, empty means
    all that the offer measures. There is one total for each combination of values of the attributes
    `by`, and for each of what `per` names.

    `aggregate` says what these values come to; `unique` tells `most` different ones apart. Only
    records that are as `when` says count. `rolling` and `is_lifelong` take the place of periods;
    what goes over a life is forgotten `kept` after its last record, 0: never.
    """

    id: str
    usage_units: tuple[str, ...] = ()
    sums: Literal["quantity", "records", "amount"] = "quantity"
    period: BillingPeriod | None = None
    by: tuple[str, ...] = ()
    aggregate: Aggregate = "sum"
    of: Expression | None = None
    per: Scope = "account"
    when: dict[str, str] = {}
    rolling: Rolling | None = None
    is_lifelong: bool = False
    most: int = UNIQUE_MOST
    kept: Instant = 0

    @property
    def is_plain(self) -> bool:
        """True of a sum by periods of all that the account uses: it is kept with its like."""
        return (
            self.aggregate == "sum"
            and self.of is None
            and self.per == "account"
            and not self.when
            and self.rolling is None
            and not self.is_lifelong
        )
