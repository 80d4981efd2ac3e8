"""Who bears a charge: the wallet or the credit limit as far as it goes, then `overrun`.

Usage that has happened is never refused for lack of credit. A prepaid wallet gives what it holds, a
postpaid account owes up to its limit; the rest goes where the price plan's policy says.
"""

from decimal import Decimal

from streams.model.account import Account, Bucket
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import Posting
from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating

_BORNE_BY = {"receivable": "overrun", "write_off": "write_off"}


def floor_of(account: Account) -> Decimal | None:
    """The lowest money balance that charges may lead to; None: no bound."""
    if account.payment == "prepaid":
        return ZERO
    return None if account.credit_limit is None else CONTEXT.minus(account.credit_limit)


def money_place(buckets: list[Bucket], currency: str) -> int:
    """Where the money bucket stands; a new empty one is put last."""
    for place in range(len(buckets) - 1, -1, -1):
        bucket = buckets[place]
        if bucket.resource == currency and bucket.end == FOREVER:
            return place
    buckets.append(Bucket(currency, BEGINNING, FOREVER, ZERO, ZERO))
    return len(buckets) - 1


def take_funds(rating: Rating) -> Reject | None:
    """Post the record's amount: account or overrun against revenue and rounding."""
    amount, total = rating.amount, rating.total
    postings, currency = rating.postings, rating.plan.currency
    if amount:
        place = money_place(rating.buckets, currency)
        bucket = rating.buckets[place]
        after = CONTEXT.subtract(Decimal(bucket.remaining), amount)
        floor = floor_of(rating.account)
        if floor is not None and after < floor:
            over = CONTEXT.subtract(floor, after)
            rating.overrun = amount if amount < over else over
            if rating.plan.overrun == "suspend":
                return _beyond(rating)
            after = CONTEXT.add(after, rating.overrun)
            postings.append(
                Posting(_BORNE_BY[rating.plan.overrun], currency, CONTEXT.minus(rating.overrun))
            )
        borne = CONTEXT.subtract(amount, rating.overrun) if rating.overrun else amount
        if borne:
            rating.buckets[place] = Bucket(
                currency, bucket.start, bucket.end, bucket.granted, after
            )
            postings.append(Posting("account", currency, CONTEXT.minus(borne)))
    if total:
        postings.append(Posting("revenue", currency, total))
    if amount != total:
        postings.append(Posting("rounding", currency, CONTEXT.subtract(amount, total)))
    return None


def _beyond(rating: Rating) -> Reject:
    account = rating.account
    return Reject(
        RejectReason.OVER_LIMIT,
        f"{rating.amount} {rating.plan.currency} is more than account {account.account} has left",
        lacks=f"account:{account.tenant}:{account.account}",
    )
