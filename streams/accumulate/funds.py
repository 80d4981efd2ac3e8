"""Who bears a charge: wallets, then the account's own money as far as it goes, then `overrun`.

Usage that has happened is never refused for lack of credit. Wallets give what they hold. Then a
prepaid account gives its own money, a postpaid or hybrid one owes up to its limit; the rest goes
where the price plan's policy says.
"""

from decimal import Decimal

from streams.accumulate.group_money import floor_beside, means_of_group
from streams.accumulate.wallets import draw, give_back, money_of, wallets_of
from streams.model.account import Bucket
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import BalanceChange, Posting
from streams.outcome import Reject, RejectReason
from streams.rate.covering import REFUSED, SHARED
from streams.rate.rating import Rating

_BORNE_BY = {"receivable": "overrun", "write_off": "write_off", "suspend": "overrun"}
_subtract = CONTEXT.subtract


def money_place(buckets: list[Bucket], currency: str) -> int:
    """Where the account's own money stands; a new empty bucket is put last."""
    for place in range(len(buckets) - 1, -1, -1):
        bucket = buckets[place]
        if bucket.resource == currency and bucket.end == FOREVER and not bucket.id:
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
    """Split the amount into what wallets bear, what the account bears, and what is beyond it."""
    buckets, floor = rating.buckets, rating.payer.floor
    by_group = rating.plan.owes_by_subscription
    if by_group:
        place, wallets = means_of_group(rating, currency)
    else:
        place, has_named = -1, False
        for number, each in enumerate(buckets):
            if each.id:
                has_named = True
            elif each.resource == currency and each.end == FOREVER:
                place = number
        if place < 0:
            place = money_place(buckets, currency)
        # Wallets have names; the usual account has none.
        wallets = wallets_of(buckets, currency) if has_named else []
    bucket = buckets[place]
    over = beyond_caps(rating) if rating.caps else ZERO
    if over:
        amount = _subtract(amount, over)
    if wallets or by_group:
        floor = floor_beside(buckets, place, floor)
        if amount > ZERO:
            amount = draw(rating, [*wallets, place] if by_group else wallets, amount, own=place)
            bucket = buckets[place]
        elif amount:
            amount = give_back(rating, wallets, amount, own=bucket)
    before = bucket.remaining
    after = _subtract(before, amount)
    if floor is not None and after < floor and amount > ZERO:
        missing = min(amount, _subtract(floor, after))
        over = CONTEXT.add(over, missing)
        amount = _subtract(amount, missing)
        after = _subtract(before, amount)
    if over:
        rating.overrun = over
        policy = rating.plan.overrun
        if policy == "suspend" and over > ZERO:
            return _beyond(rating)
        rating.postings.append(Posting(_BORNE_BY[policy], currency, CONTEXT.minus(over)))
    if amount:
        buckets[place] = bucket.left_with(after)
        rating.changes.append(BalanceChange(currency, bucket.start, before, after, bucket.id))
        rating.postings.append(Posting("account", currency, CONTEXT.minus(amount)))
    if wallets or by_group:
        rating.money_left = money_of(buckets, currency)
    return None


def beyond_caps(rating: Rating) -> Decimal:
    """How much of the record's amount lies beyond the caps on what usage may cost.

    What is taken back is taken from there first. So how a total came to be, in one record or in
    many, makes no difference. Beyond an allowance that refuses that, it is a share of the record.
    """
    beyond = ZERO
    for total, most in rating.caps:
        if total == REFUSED:
            over = _refused(rating, share=most)
            if abs(over) > abs(beyond):
                beyond, rating.cap_level = over, ZERO
            continue
        if total == SHARED:
            if abs(most) > abs(beyond):
                beyond, rating.cap_level = most, rating.shared[0].cap.most
            continue
        after = Decimal(rating.used_of(total))
        before = _subtract(after, Decimal(rating.moved.get(total, ZERO)))
        over = _subtract(max(after, most), max(before, most))
        if abs(over) > abs(beyond):
            beyond, rating.cap_level = over, most
    return beyond


def _refused(rating: Rating, *, share: Decimal) -> Decimal:
    """What of the amount is for units that no allowance lets be used, in whole minor units."""
    if share == 1:
        return rating.amount
    over = CONTEXT.multiply(rating.amount, share)
    return over.quantize(rating.plan.quantum, None, CONTEXT)


def _beyond(rating: Rating) -> Reject:
    account = rating.payer.account
    return Reject(
        RejectReason.OVER_LIMIT,
        f"{rating.amount} {rating.plan.currency} is more than account {account.account} has left",
        lacks=f"account:{account.tenant}:{account.account}",
    )
