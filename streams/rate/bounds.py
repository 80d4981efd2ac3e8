"""Thresholds on an account's money, worked out once for what kind of account it is."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from streams.model.account import Account
from streams.model.catalog import Threshold
from streams.model.money import CONTEXT, ZERO, Currency
from streams.model.top_up_request import AutoTopUp
from streams.rate.levels import HUNDRED as HUNDRED
from streams.rate.levels import Level, levels_of

_KEPT = 4096
_ON_MONEY = ("balance", "credit_use")


class MoneyBound(NamedTuple):
    """A level on an account's money: as the alert tells it, and the balance that reaches it.

    `owed`: the alert tells what is owed (a positive number) instead of the balance. `top_up` says
    what to ask for where it is reached.
    """

    level: Level
    currency: Currency
    balance: Decimal
    owed: bool
    top_up: AutoTopUp | None = None

    def value(self, balance: Decimal) -> Decimal:
        """What the alert tells as measured."""
        return CONTEXT.minus(balance) if self.owed else balance


class MoneyBounds:
    """The bounds of every kind of account under one catalog, kept as they are asked for."""

    __slots__ = ("_found", "_thresholds")

    def __init__(self, thresholds: Iterable[Threshold]) -> None:
        self._thresholds = tuple(thresholds)
        self._found: dict[tuple[str, str, str], tuple[MoneyBound, ...]] = {}

    def of(self, account: Account) -> tuple[MoneyBound, ...]:
        """The thresholds on the account's money, as balances that reach them, highest first.

        Kept by the limit's text: equal limits may be written in several ways, and a level is told
        as it is written.
        """
        key = (account.payment, account.currency, str(account.credit_limit))
        bounds = self._found.get(key)
        if bounds is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            bounds = self._found[key] = self._find(account)
        return bounds

    def _find(self, account: Account) -> tuple[MoneyBound, ...]:
        bounds: list[MoneyBound] = []
        currency, limit = account.currency, account.credit_limit
        for threshold in self._thresholds:
            if threshold.resource != currency:
                continue
            if threshold.on == "balance" and account.payment != "postpaid":
                bounds += (
                    MoneyBound(level, currency, level.at, False, threshold.top_up)
                    for level in levels_of(threshold, of=threshold.of or ZERO, last=ZERO)
                )
            if threshold.on == "credit_use" and account.payment != "prepaid" and limit is not None:
                bounds += (
                    MoneyBound(level, currency, CONTEXT.minus(level.at), True)
                    for level in levels_of(threshold, of=limit, last=limit)
                )
        return tuple(sorted(bounds, key=lambda bound: bound.balance, reverse=True))
