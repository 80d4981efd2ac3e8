"""The rules of rating in their order: each amends the `Rating`, or says why it cannot be charged.

Zone comes before price because prices ask for it; allowances after price because they offset what
was priced; rounding last, once, over the record's whole amount.
"""

from collections.abc import Callable

from streams.outcome import Reject
from streams.rate.rating import Rating
from streams.rate.rules.allowance import burn_allowances
from streams.rate.rules.price import price_usages
from streams.rate.rules.rounding import round_amount
from streams.rate.rules.zone import find_zone

Rule = Callable[[Rating], Reject | None]

RULES: tuple[Rule, ...] = (find_zone, price_usages, burn_allowances, round_amount)
