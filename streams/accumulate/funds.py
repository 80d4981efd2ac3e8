"""Who bears a charge: the wallet or the credit limit as far as it goes, then `overrun`.

Usage that has happened is never refused for lack of credit. A prepaid wallet gives what it holds, a
postpaid account owes up to its limit; the rest goes where the price plan's policy says.
"""

from decimal import Decimal

from streams.model.account import Bucket
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import BalanceChange, Posting
from streams.outcome import Reject, RejectReason
from streams.rate.rating import Rating

_BORNE_BY = {"receivable": "overrun", "write_off": "write_off"}
_subtract = CONTEXT.subtract


def money_place(buckets: list[Bucket], currency: str) -> int:
    """Where the money bucket stands; a new empty one is put last."""
    for place in range(len(buckets) - 1, -1, -1):
        bucket = buckets[place]
        if bucket.resource == currency and bucket.end == FOREVER:
            return place
    buckets.append(Bucket(currency, BEGINNING, FOREVER, ZERO, ZERO))
    return len(buckets) - 1


def take_funds(rating: Rating) -> Reject | None:
    """Post the record's amount: account or overrun against revenue and rounding; tax is posted."""
    amount, total, tax = rating.amount, rating.total, rating.tax
    postings, currency = rating.postings, rating.plan.currency
    if amount:
        refusal = _bear(rating, amount, currency)
        if refusal is not None:
            return refusal
    earned = _subtract(total, tax) if tax else total
    if earned:
        postings.append(Posting("revenue", currency, earned))
    if amount != total:
        postings.append(Posting("rounding", currency, _subtract(amount, total)))
    return None


def _bear(rating: Rating, amount: Decimal, currency: str) -> Reject | None:
    """Split the amount into what the account bears and what is beyond it."""
    place = money_place(rating.buckets, currency)
    bucket = rating.buckets[place]
    before = bucket.remaining
    after = _subtract(before, amount)
    floor = rating.payer.floor
    if floor is not None and after < floor:
        over = rating.overrun = min(amount, _subtract(floor, after))
        policy = rating.plan.overrun
        if policy == "suspend":
            return _beyond(rating)
        rating.postings.append(Posting(_BORNE_BY[policy], currency, CONTEXT.minus(over)))
        amount = _subtract(amount, over)
        after = _subtract(before, amount)
    if amount:
        rating.buckets[place] = bucket.left_with(after)
        rating.changes.append(BalanceChange(currency, bucket.start, before, after))
        rating.postings.append(Posting("account", currency, CONTEXT.minus(amount)))
    return None


def _beyond(rating: Rating) -> Reject:
    account = rating.payer.account
    return Reject(
        RejectReason.OVER_LIMIT,
        f"{rating.amount} {rating.plan.currency} is more than account {account.account} has left",
        lacks=f"account:{account.tenant}:{account.account}",
    )
