"""A price that is a markup on the cost."""

from decimal import Decimal

from msgspec import Struct

from streams.model.price import NOTHING


class Markup(Struct, frozen=True, array_like=True):
    """`percent` on top for usage and accounts whose words are as in `when`."""

    when: dict[str, str]
    percent: Decimal


class CostPlus(Struct, frozen=True, tag="cost_plus", tag_field="kind", kw_only=True):
    """What each of `units` costs by the offer's `costs`, plus the best of `markup`, else the other.

    A markup below zero sells at a loss; it is more than -100 percent.
    """

    units: tuple[str, ...]
    markup_percent: Decimal = NOTHING
    markup: tuple[Markup, ...] = ()
