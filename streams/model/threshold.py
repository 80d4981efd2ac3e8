"""Thresholds: what is watched, at which levels, who is told, and what is to be done about it."""

from decimal import Decimal
from typing import Literal

from streams.model.billing_period import BillingPeriod
from streams.model.eligibility import Eligibility
from streams.model.top_up_request import AutoTopUp

Watched = Literal[
    "balance", "credit_use", "allowance", "spend", "accumulator", "entry", "shared_cap"
]
Action = Literal["notify", "cap", "throttle", "redirect", "block", "top_up", "change_offer"]
"""What whoever hears of an alert should do; `cap` and `block` bound what is charged as well."""

BOUNDING: tuple[Action, ...] = ("cap", "block")
"""Actions by which the account bears nothing of what its spend is above the level."""


class Threshold(Eligibility, frozen=True, kw_only=True):
    """Warns once a period when a level is reached, and once more when it is left again.

    `on` says what is watched: `balance` (a prepaid wallet in currency `resource`, or what is left
    of the allowance `resource`, fell to the level or below), `credit_use` (what a postpaid account
    with a limit owes), `allowance` (what of a grant of `resource` is used), `spend` (what usage has
    cost in its period, tax included, whatever was paid since), `accumulator` (the total of
    `resource`), `entry` (the first usage of the period whose words are as in `when`), or
    `shared_cap` (what of the cap `resource` all accounts together have used).

    `levels` are amounts or quantities, `percents` shares of the credit limit, the grant, the cap or
    `of`: one of the two is empty, both of an entry. `every` goes on from the last level, in the
    same unit. `period` is that of a spend or an entry, None the account's month. `by` keeps the
    entries of different values apart. `to` names who is told. `top_up` asks for money. `value` is
    the rate to throttle to, or the address to redirect to. `statuses` are words for whoever follows
    it: for none of the levels reached, then for each in the order in which they are.
    """

    id: str
    on: Watched
    resource: str = ""
    levels: tuple[Decimal, ...] = ()
    percents: tuple[Decimal, ...] = ()
    every: Decimal | None = None
    of: Decimal | None = None
    period: BillingPeriod | None = None
    by: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    action: Action = "notify"
    top_up: AutoTopUp | None = None
    value: str = ""
    statuses: tuple[str, ...] = ()

    @property
    def bounds(self) -> bool:
        """True where the account bears nothing above the level."""
        return self.on == "spend" and self.action in BOUNDING
