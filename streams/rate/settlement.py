"""What is settled when a period has ended: by the running totals that it has come to."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from streams.model.billing_period import BillingPeriod
from streams.model.days import Share
from streams.model.fee import ProrateBy, Proration
from streams.model.money import Quantity
from streams.model.rated import ChargeLine
from streams.rate.offer import CompiledOffer

SETTLEMENT = "settlement"
"""The usage type, and the rule, of what corrects charges of a period."""

TotalOf = Callable[[str], Quantity]
"""The total of this name in the period that is settled."""


class Settlement(ABC):
    """A charge that is made at the end of each period `every`, where it comes to anything.

    `usage_type` is that of the made record, `rank` its place among those of one moment. What goes
    by a total of a whole root (`of_group`) is asked of the root alone.
    """

    __slots__ = ("by", "every", "of_group", "offer", "proration", "rank", "usage_type")

    def __init__(
        self, offer: CompiledOffer, every: BillingPeriod, *, usage_type: str, rank: int
    ) -> None:
        self.offer = offer
        self.every = every
        self.usage_type = usage_type
        self.rank = rank
        self.proration: Proration = "full"
        self.by: ProrateBy = "day"
        self.of_group = ""

    @abstractmethod
    def lines(self, total_of: TotalOf, share: Share) -> list[ChargeLine]:
        """What is to be charged; nothing where all is as it should be.

        `share` is how much of the period services were assigned for.
        """
