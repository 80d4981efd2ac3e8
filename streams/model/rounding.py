"""How exact amounts become amounts of money."""

from typing import Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod

RoundingScope = Literal["record", "line", "period"]
"""What is rounded: the sum of a record, each of its lines, or all that a period comes to."""


class Rounding(Struct, frozen=True, kw_only=True):
    """By a `mode`, at so many `digits` after the point. What is left out is as the price plan, or
    the currency, says it. `every` is the period, where it is not the month, that is rounded over.
    """

    mode: str = ""
    digits: int | None = None
    over: RoundingScope | None = None
    every: BillingPeriod | None = None

    def within(self, outer: "Rounding") -> "Rounding":
        """This one, with what it leaves out taken from the outer one."""
        return Rounding(
            mode=self.mode or outer.mode,
            digits=outer.digits if self.digits is None else self.digits,
            over=self.over or outer.over,
            every=self.every or outer.every,
        )
