"""Refunds: what a debit or a session has cost goes back to what has paid it, the last first.

A refund is of the whole, or of so much of a resource: of money, or of an allowance. Never more
comes back than was paid, and nothing to a bucket that has ended since. What was earned, taxed and
shared by the charge is taken back in the same proportion, to the last minor unit once all of it is
refunded. Totals of usage stay: it was used.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.due.grants import LIABILITY
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Balances, Bucket
from streams.model.charging_session import (
    AnswerCode,
    ChargingRequest,
    Paid,
    PaidPart,
    ServiceAnswer,
)
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus
from streams.model.rated import BalanceChange, RatedUsage
from streams.model.usage import Usage
from streams.rate.quantity import exact
from streams.state import Effects, State, Table

REFUND: Final = "refund"
"""The usage type of what was given back."""
_ACCOUNT: Final = "account"


def paid_of(charge: RatedUsage, state: State) -> Paid:
    """What has paid a charge that was just made, as its buckets stand after it."""
    parts: list[PaidPart] = []
    for change in charge.changes:
        account = change.account or charge.account
        before = change.before
        if before == 0 and change.after >= 0:
            bucket = _bucket_at(charge.record.tenant, account, change, state)
            before = change.after if bucket is None else bucket.granted
        quantity = added(before, minus(change.after))
        if quantity > 0:
            start, bucket_id = change.period_start, change.bucket
            parts.append(PaidPart(account, change.resource, start, bucket_id, quantity))
    sums: dict[tuple[str, str], Quantity] = {}
    for posting in charge.postings:
        if not posting.ledger_account.startswith(_ACCOUNT) and posting.ledger_account != LIABILITY:
            place = (posting.ledger_account, posting.resource)
            sums[place] = added(sums.get(place, 0), posting.amount)
    counters = tuple((*place, amount) for place, amount in sums.items() if amount)
    return Paid(charge.record.event_id, charge.product, tuple(parts), counters)


def refund(  # noqa: PLR0913 - what is asked, what has paid, and where that is told
    request: ChargingRequest,
    account: Account,
    paid: tuple[Paid, ...],
    *,
    partition: int,
    state: State,
    effects: Effects,
) -> tuple[tuple[Paid, ...], tuple[Usage, ...]]:
    """Give back all, or as much of each resource as is asked for; what that leaves, and has given.

    The last charge gives back first, and of each charge what has paid last.
    """
    asked = {usage.unit: usage.quantity for each in request.services for usage in each.requested}
    left: dict[str, Quantity] | None = asked if request.services else None
    given: dict[str, Quantity] = {}
    after: list[Paid] = []
    for number, each in reversed(list(enumerate(paid))):
        of = request.refers.rpartition("\0")[2]
        movement = Movement(REFUND, f"{of}/{request.session}/{number}", request.at)
        parts = list(each.parts)
        for place in reversed(range(len(parts))):
            part = parts[place]
            back = _wanted(part, left)
            if back > 0 and _give(part, back, movement, account, request, state):
                parts[place] = replace(part, refunded=added(part.refunded, back))
                given[part.resource] = added(given.get(part.resource, 0), back)
                if left is not None:
                    left[part.resource] = added(left[part.resource], minus(back))
        refunded = replace(each, parts=tuple(parts))
        after.append(refunded)
        if movement:
            _book(each, refunded, movement)
            charge = movement.charge(holder_of(account), version="", partition=partition)
            effects.make(replace(charge, product=each.product), request)
    usages = tuple(Usage(resource, exact(Decimal(back))) for resource, back in given.items())
    return tuple(reversed(after)), usages


def refunded(request: ChargingRequest, given: tuple[Usage, ...]) -> ServiceAnswer:
    """What the caller is told: what came back of each resource, and whether all that was asked."""
    asked = {usage.unit: usage.quantity for each in request.services for usage in each.requested}
    came = {usage.unit: usage.quantity for usage in given}
    is_whole = all(came.get(unit, 0) == quantity for unit, quantity in asked.items())
    code = AnswerCode.SUCCESS if is_whole else AnswerCode.PARTIAL
    return ServiceAnswer(REFUND, REFUND, code, given, is_final=not is_whole)


def _wanted(part: PaidPart, left: dict[str, Quantity] | None) -> Quantity:
    """How much of what it paid is to come back: what has come already does not again."""
    unpaid = added(part.quantity, minus(part.refunded))
    return unpaid if left is None else min(unpaid, left.get(part.resource, 0))


def _give(  # noqa: PLR0913 - what comes back, to whom, and where that is told
    part: PaidPart,
    back: Quantity,
    movement: Movement,
    account: Account,
    request: ChargingRequest,
    state: State,
) -> bool:
    """Put it back where it came from; False where that has ended."""
    key = f"{request.tenant}\0{part.account}".encode()
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(held.buckets)
    place = next((at for at, each in enumerate(buckets) if _is(each, part)), None)
    if place is None or not buckets[place].end > request.at:
        return False
    bucket = buckets[place]
    after = added(bucket.remaining, back)
    buckets[place] = bucket.left_with(after)
    holder = "" if part.account == account.account else part.account
    movement.give(bucket, after, holder=holder)
    state.put(Table.BALANCES, key, replace(held, buckets=tuple(buckets)))
    return True


def _book(before: Paid, after: Paid, movement: Movement) -> None:
    """Take back from those whom the charge went to, what the refund has given."""
    for resource in dict.fromkeys(part.resource for part in before.parts):
        was, now = _refunded(before, resource), _refunded(after, resource)
        if was == now:
            continue
        paid = sum((Decimal(p.quantity) for p in before.parts if p.resource == resource), ZERO)
        legs = [(name, Decimal(amount)) for name, of, amount in before.counters if of == resource]
        legs = legs or [(LIABILITY, paid)]
        first, last = _shares(legs, was, paid), _shares(legs, now, paid)
        for (name, _), share, earlier in zip(legs, last, first, strict=True):
            back = CONTEXT.subtract(earlier, share)
            if back:
                movement.book(name, resource, exact(back))


def _shares(legs: list[tuple[str, Decimal]], refunded: Decimal, paid: Decimal) -> list[Decimal]:
    """What of each leg a refund of so much of all takes back: the largest leg takes what is left.

    None is told finer than the legs and the refund are.
    """
    exponents = [number.as_tuple().exponent for _, number in legs]
    finest = min(each for each in (*exponents, refunded.as_tuple().exponent) if type(each) is int)
    quantum = Decimal(1).scaleb(min(finest, 0))
    shares = [
        CONTEXT.divide(CONTEXT.multiply(leg, refunded), paid).quantize(quantum, None, CONTEXT)
        for _, leg in legs
    ]
    largest = max(range(len(legs)), key=lambda place: abs(legs[place][1]))
    others = sum((each for place, each in enumerate(shares) if place != largest), ZERO)
    shares[largest] = CONTEXT.subtract(refunded, others)
    return shares


def _refunded(paid: Paid, resource: str) -> Decimal:
    return sum((Decimal(p.refunded) for p in paid.parts if p.resource == resource), ZERO)


def _bucket_at(tenant: str, account: str, change: BalanceChange, state: State) -> Bucket | None:
    held: Balances = state.get(Table.BALANCES, f"{tenant}\0{account}".encode()) or Balances()
    place = (change.resource, change.period_start, change.bucket)
    return next((e for e in held.buckets if (e.resource, e.start, e.id) == place), None)


def _is(bucket: Bucket, part: PaidPart) -> bool:
    return (bucket.resource, bucket.start, bucket.id) == (part.resource, part.start, part.bucket)
