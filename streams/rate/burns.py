"""What a record may burn, and what that does to the account's buckets.

All buckets of all allowances that an offer draws on burn in one order, whatever they came by: the
lowest priority first, then what ends first, then what began first, then by id.
"""

from collections.abc import Callable, Iterable

from streams.model.account import burn_order
from streams.model.catalog import Allowance
from streams.model.money import Quantity
from streams.model.rated import BalanceChange, Posting
from streams.rate.grant import SHARED, balance_group
from streams.rate.rating import Rating

Burn = tuple[Allowance, int]
"""An allowance that has something left, and the place of its bucket."""

FindBurns = Callable[..., list[Burn]]
"""What finds burns, called as `burns_of` is."""


def burns_of(
    rating: Rating, allowances: tuple[Allowance, ...], product: str, *, is_any: bool = False
) -> list[Burn]:
    """Those that usage of the product may burn, in their order; with `is_any` empty ones too."""
    # Usage that came too late for its own period takes what the open one has.
    occurred_at, start, spans = rating.record.occurred_at, rating.period.start, rating.plan.spans
    at = start if occurred_at < start else occurred_at
    burns: list[Burn] = []
    for allowance in allowances:
        if allowance.zones and rating.zone not in allowance.zones:
            continue
        name = allowance.id
        if spans:
            at = max(occurred_at, rating.span_of(name).start)
        for place, bucket in enumerate(rating.buckets):
            if bucket.resource != name or not bucket.start <= at < bucket.end:
                continue
            if bucket.products and product not in bucket.products:
                continue
            if is_any or bucket.remaining > 0:
                burns.append((allowance, place))
    if len(burns) > 1:
        buckets = rating.buckets
        burns.sort(key=lambda burn: burn_order(buckets[burn[1]]))
    return burns


def own_burns_of(
    rating: Rating, allowances: tuple[Allowance, ...], product: str, *, is_any: bool = False
) -> list[Burn]:
    """The same without what other subscriptions of the account do not share with this one."""
    group, buckets = balance_group(rating.payer.assignment), rating.buckets
    shares = rating.plan.shares
    burns = burns_of(rating, allowances, product, is_any=is_any)
    return [
        (allowance, place)
        for allowance, place in burns
        if buckets[place].group in ("", group)
        or (buckets[place].group == SHARED and allowance.id in shares)
    ]


def burns_finder(allowances: Iterable[Allowance]) -> FindBurns:
    """What finds the burns of these: no group is asked for where none of them has any."""
    has_groups = any(each.per == "subscription" for each in allowances)
    return own_burns_of if has_groups else burns_of


def post_burned(rating: Rating, resource: str, left: Quantity, place: int) -> None:
    """The bucket holds `left` from now on; what is gone is no longer owed to the customer."""
    bucket = rating.buckets[place]
    burned = bucket.remaining - left
    before = rating.opening_of(bucket)
    rating.changes.append(
        BalanceChange(resource, bucket.start, before, left, bucket.id, bucket.holder)
    )
    rating.buckets[place] = bucket.left_with(left)
    rating.postings += (
        Posting(bucket.ledger_account, resource, -burned),
        Posting("allowance_liability", resource, burned),
    )
