"""The rules of rating in their order: each amends the `Rating`, or says why it cannot be charged.

Zone comes first because allowances and prices ask for it; allowances are looked for before price
because parts are only kept for them, and burn after it because they offset what was priced;
rounding is last, once, over the record's whole amount.
"""

from collections.abc import Callable

from streams.outcome import Reject
from streams.rate.rating import Rating
from streams.rate.rules.allowance import burn_allowances, find_allowances
from streams.rate.rules.price import price_usages
from streams.rate.rules.rounding import round_amount
from streams.rate.rules.zone import find_zone

Rule = Callable[[Rating], Reject | None]

RULES: tuple[Rule, ...] = (
    find_zone,
    find_allowances,
    price_usages,
    burn_allowances,
    round_amount,
)

RULES_OF_PLAIN: tuple[Rule, ...] = (price_usages, round_amount)
"""Those of an offer without zones and allowances: the others would find nothing to do."""
