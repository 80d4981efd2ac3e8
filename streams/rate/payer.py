"""Who pays, with all that follows from the account and is the same for each of its records."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from streams.model.account import Account, Service, ServiceAssignment
from streams.model.account_prices import AccountPrices
from streams.model.budget import CountedBudget
from streams.model.instant import Instant
from streams.model.money import CONTEXT, ZERO, Currency
from streams.rate.bounds import MoneyBound
from streams.subscriptions import Supplement


class Payer(Struct, frozen=True, gc=False):
    """The account behind a service id, by an assignment in force from `start` until `end`.

    `key` is the account's in the state; `floor` the lowest money balance that charges may lead to
    (None: no bound); `bounds` are the thresholds on its money; `prices` those agreed with
    it (None: no other than its plan's). `price_plan` is the assignment's, with those of its
    `supplements`. It holds while the state still has
    this very `service` and this very `account`; or `stored`, where a catalog declares attributes
    and `account` is what it is with them: then `plain` holds them all as values. `budgets` count
    its usage. Words that many
    accounts share (price plan, currency, time zone) are one object for all of them, so that looking
    at them stays in the processor's cache.
    """

    service: Service
    account: Account
    assignment: ServiceAssignment
    start: Instant
    end: Instant
    key: bytes
    price_plan: str
    currency: Currency
    time_zone: str
    floor: Decimal | None
    bounds: tuple[MoneyBound, ...]
    prices: AccountPrices | None = None
    supplements: tuple[Supplement, ...] = ()
    stored: Account | None = None
    plain: dict[str, Any] | None = None
    budgets: tuple[CountedBudget, ...] = ()


def floor_of(account: Account) -> Decimal | None:
    """The lowest money balance that charges may lead to; None: no bound."""
    if account.payment == "prepaid":
        return ZERO
    return None if account.credit_limit is None else CONTEXT.minus(account.credit_limit)
