"""Allowances: what can be granted, what draws on it and how fast, and what becomes of the rest."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

AllowanceOverage = Literal["paid", "refused", "carried"]
"""What becomes of usage that nothing is left for: it is paid, is not to happen, or is owed."""


AllowancePer = Literal["account", "subscription"]
"""Whose it is: all subscriptions of an account draw on one, or each has its own."""


class Factor(Struct, frozen=True, kw_only=True):
    """How much of an allowance one unit of usage takes, for usage that fits every word; empty: any.

    `units` are those of the usage, `when` is what it or its account must say of itself.
    """

    factor: Decimal
    usage_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    when: dict[str, str] = {}


class Allowance(Struct, frozen=True, kw_only=True):
    """A consumable grant, in `unit`. Usage that an offer lets draw on it burns it before it costs.

    `usage_units` are the units of usage that draw on it, one to one or by the first of its
    `factors` that fits; `zones` and `bands` narrow it further, empty means any. `priority` orders
    several: the lower burns first. Without usage units it is money, in `unit`: it pays what the
    offers' usage costs, its tax too, or without (`taxed`). What it covers a part of, it covers by
    whole amounts of `burns_by`. `per` says whose it is.
    """

    id: str
    unit: str
    usage_units: tuple[str, ...]
    zones: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    priority: int = 0
    taxed: bool = False
    factors: tuple[Factor, ...] = ()
    burns_by: Decimal | None = None
    overage: AllowanceOverage = "paid"
    per: AllowancePer = "account"

    @property
    def is_money(self) -> bool:
        """True where it pays amounts."""
        return not self.usage_units

    @property
    def is_plain(self) -> bool:
        """True where usage takes it one to one, and what is beyond it is paid."""
        return not self.factors and self.burns_by is None and self.overage == "paid"
