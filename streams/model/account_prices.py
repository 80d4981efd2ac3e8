"""Prices agreed with one account: they come before those of its price plan's offers."""

from msgspec import Struct

from streams.model.catalog import Price
from streams.model.instant import FOREVER, Instant


class PriceList(Struct, frozen=True, array_like=True):
    """Prices of one usage type under one price plan, from `start` until `end`.

    Without a `subscription` they are for all of the account's. A list without prices says that
    from `start` on the plan's own prices hold again.
    """

    price_plan: str
    usage_type: str
    subscription: str
    start: Instant
    end: Instant = FOREVER
    prices: tuple[Price, ...] = ()


class AccountPrices(Struct, frozen=True, array_like=True):
    """All price lists of an account, the latest start first."""

    lists: tuple[PriceList, ...] = ()

    def with_list(self, added: PriceList) -> "AccountPrices":
        """The lists with one more; it takes the place of one for the same that starts with it."""
        kept = [each for each in self.lists if _subject(each) != _subject(added)]
        kept.append(added)
        return AccountPrices(tuple(sorted(kept, key=_order)))

    def list_at(
        self, price_plan: str, usage_type: str, subscription: str, instant: Instant
    ) -> PriceList | None:
        """The list in force: the subscription's own before one for all of the account's.

        Of each, the latest that has started counts; where that one has ended, none does.
        """
        for owner in (subscription, "") if subscription else ("",):
            for each in self.lists:
                if (
                    each.start <= instant
                    and each.subscription == owner
                    and each.usage_type == usage_type
                    and each.price_plan == price_plan
                ):
                    if instant < each.end:
                        return each
                    break
        return None


def _subject(each: PriceList) -> tuple[str, str, str, Instant]:
    return each.price_plan, each.usage_type, each.subscription, each.start


def _order(each: PriceList) -> tuple[Instant, str, str, str]:
    return -each.start, each.price_plan, each.usage_type, each.subscription
