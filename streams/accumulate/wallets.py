"""Wallets: money beside the account's own, each with an order, an end and what it may pay for.

A charge is borne by the wallets that may pay its product, by priority, then by what ends first,
then by what began first; what they do not hold, the account's own money bears. What is given back
goes the other way round: the account's own money is filled up to what it has paid, then the
wallets, the last one first and none beyond what was put in; what is left then is the account's own.
"""

from collections.abc import Sequence
from decimal import Decimal

from streams.model.account import Bucket, burn_order
from streams.model.instant import Instant
from streams.model.money import CONTEXT, ZERO, Currency
from streams.model.rated import BalanceChange, Posting
from streams.rate.grant import balance_group
from streams.rate.pooled import account_rank
from streams.rate.rating import Rating

_add, _minus, _subtract = CONTEXT.add, CONTEXT.minus, CONTEXT.subtract


def wallets_of(buckets: Sequence[Bucket], currency: Currency) -> list[int]:
    """The places of all wallets in a currency, whatever they may pay for."""
    return [
        place for place, bucket in enumerate(buckets) if bucket.id and bucket.resource == currency
    ]


def money_of(buckets: Sequence[Bucket], currency: Currency) -> Decimal:
    """All that the account has in a currency: its own money, or debt below zero, and wallets."""
    total = ZERO
    for bucket in buckets:
        if bucket.resource == currency and not bucket.holder:
            total = _add(total, Decimal(bucket.remaining))
    return total


def own_money(buckets: Sequence[Bucket], currency: Currency) -> Decimal:
    """The account's own money alone, with what its subscriptions owe; below zero it is owed."""
    total = ZERO
    for bucket in buckets:
        if bucket.resource == currency and (
            not bucket.id or (bucket.group and bucket.remaining < 0)
        ):
            total = _add(total, Decimal(bucket.remaining))
    return total


def draw(rating: Rating, wallets: Sequence[int], amount: Decimal, *, own: int) -> Decimal:
    """Take an amount from the wallets that may pay it; what is left for the account's own money.

    Of pools that come after the account, none pays before `own` money that is there.
    """
    paying = _payable(rating, wallets)
    if rating.pools:
        before = [place for place in paying if account_rank(rating.buckets[place]) <= 0]
        paying = [*before, own, *paying[len(before) :]]
    for place in paying:
        held = Decimal(rating.buckets[place].remaining)
        if held <= ZERO:
            continue
        paid = min(held, amount)
        _put(rating, place, _subtract(held, paid))
        amount = _subtract(amount, paid)
        if not amount:
            break
    return amount


def give_back(rating: Rating, wallets: Sequence[int], amount: Decimal, *, own: Bucket) -> Decimal:
    """Give an amount below zero back to what has paid; the part for the account's own money."""
    left = _minus(amount)
    first = min(left, max(ZERO, _subtract(Decimal(own.granted), Decimal(own.remaining))))
    left = _subtract(left, first)
    for place in reversed(_payable(rating, wallets)):
        bucket = rating.buckets[place]
        held = Decimal(bucket.remaining)
        back = min(left, _subtract(Decimal(bucket.granted), held))
        if back > ZERO:
            _put(rating, place, _add(held, back))
            left = _subtract(left, back)
    return _minus(_add(first, left))


def _payable(rating: Rating, wallets: Sequence[int]) -> list[int]:
    """The wallets that may pay the record, in the order they are drawn on.

    Usage that came too late for its own period is paid by what the open one has.
    """
    at = max(rating.record.occurred_at, rating.period.start)
    buckets = rating.buckets
    paying = [place for place in wallets if buckets[place].pays(rating.product, at)]
    if any(buckets[place].group for place in paying):
        return _of_group(rating, paying)
    return sorted(paying, key=lambda place: burn_order(buckets[place]))


def _of_group(rating: Rating, paying: Sequence[int]) -> list[int]:
    """Without the money of other subscriptions; of what burns alike, the record's own first."""
    buckets, group = rating.buckets, balance_group(rating.payer.assignment)

    def order(place: int) -> tuple[int, Instant, Instant, bool, str]:
        priority, end, start, name = burn_order(buckets[place])
        return priority, end, start, not buckets[place].group, name

    mine = [
        place
        for place in paying
        if not buckets[place].group or (buckets[place].group == group and not buckets[place].holder)
    ]
    return sorted(mine, key=order)


def _put(rating: Rating, place: int, after: Decimal) -> None:
    bucket = rating.buckets[place]
    before = bucket.remaining
    rating.buckets[place] = bucket.left_with(after)
    rating.changes.append(
        BalanceChange(bucket.resource, bucket.start, before, after, bucket.id, bucket.holder)
    )
    moved = _subtract(after, Decimal(before))
    rating.postings.append(Posting(bucket.ledger_account, bucket.resource, moved))
