"""Whom a rule of money is for: discounts, taxes, shares and points say it with the same words."""

from decimal import Decimal

from msgspec import Struct

from streams.model.instant import BEGINNING, FOREVER, Instant


class Eligibility(Struct, frozen=True, kw_only=True):
    """Usage of these kinds, from `start` until `end`, whose words are as in `when`.

    An empty list means any. `when` maps attributes of the usage, `account.<attribute>`, `zone` and
    `band` to the value they must have.
    """

    when: dict[str, str] = {}
    usage_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    price_plans: tuple[str, ...] = ()
    start: Instant = BEGINNING
    end: Instant = FOREVER


class Step(Struct, frozen=True, array_like=True):
    """From a total of `start` on (inclusive), `percent`."""

    start: Decimal
    percent: Decimal
