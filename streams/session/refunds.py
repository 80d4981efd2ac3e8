"""Refunds: what a debit or a session has cost goes back to what has paid it, the last first.

A refund is of the whole, of so much of a resource (money, or an allowance), or of what so much of
the usage has cost. Never more comes back than was paid, and nothing to a bucket that has ended
since. What was earned, taxed and shared by the charge is taken back in the same proportion, to the
last minor unit once all of it is refunded. Totals of usage stay: it was used. What is refunded
counts in no budget any more.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.budgets import lower_budgets
from streams.due.grants import LIABILITY
from streams.due.made import make_record
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Balances, Bucket
from streams.model.budget import CountedBudget
from streams.model.charging_session import (
    AnswerCode,
    ChargingRequest,
    Paid,
    PaidPart,
    PaidUsage,
    ServiceAnswer,
)
from streams.model.instant import Period
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus
from streams.model.rated import BalanceChange, RatedUsage
from streams.model.usage import Usage
from streams.rate.quantity import exact
from streams.session.usage_shares import shares_of, taken_back, usage_of
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
    return Paid(charge.record.event_id, charge.product, tuple(parts), counters, usage_of(charge))


class Refund:
    """One refund at work: all of it, so much of each resource, or what so much usage has cost."""

    def __init__(
        self,
        request: ChargingRequest,
        account: Account,
        budgets: tuple[CountedBudget, ...],
        state: State,
        effects: Effects,
    ) -> None:
        """`budgets` are those that count the account's usage."""
        self._request = request
        self._account = account
        self._budgets = budgets
        self._state = state
        self._effects = effects
        asked = request.services
        self._parts = {u.unit: u.quantity for each in asked for u in each.requested}
        self._usage = {u.unit: u.quantity for each in asked for u in each.used}
        self._given: dict[str, Quantity] = {}

    def give(self, paid: tuple[Paid, ...], partition: int) -> tuple[Paid, ...]:
        """Give back what is asked for; what that leaves.

        The last charge gives back first, and of each charge what has paid last.
        """
        of = self._request.refers.rpartition("\0")[2]
        after: list[Paid] = []
        for number, each in reversed(list(enumerate(paid))):
            name = f"{of}/{self._request.session}/{number}"
            movement = Movement(REFUND, name, self._request.at)
            refunded, back = self._give_of(each, movement)
            after.append(refunded)
            if movement:
                _book(each, refunded, movement)
                holder = holder_of(self._account)
                charge = movement.charge(holder, version="", partition=partition)
                self._effects.make(replace(charge, product=each.product), self._request)
            self._lower_budgets(each, refunded, back)
        return tuple(reversed(after))

    def told(self) -> ServiceAnswer:
        """What the caller is told: what came back of each resource; whether all that was asked."""
        is_whole = not any(self._parts.values()) and not any(self._usage.values())
        code = AnswerCode.SUCCESS if is_whole else AnswerCode.PARTIAL
        given = tuple(Usage(name, exact(Decimal(back))) for name, back in self._given.items())
        return ServiceAnswer(REFUND, REFUND, code, given, is_final=not is_whole)

    def _give_of(self, each: Paid, movement: Movement) -> tuple[Paid, tuple[Usage, ...]]:
        """Give back of one charge; what that leaves, and how much of its usage it is."""
        usage, back, limits = each.usage, tuple[Usage, ...](), self._parts
        is_by_part = bool(self._parts)
        if usage is not None and not is_by_part:
            asked = self._usage if self._request.services else None
            usage, back = taken_back(usage, asked)
            limits = _owed(each, usage)
            for taken in back if self._usage else ():
                self._usage[taken.unit] = added(self._usage[taken.unit], minus(taken.quantity))
        is_whole = not self._request.services
        parts = list(each.parts)
        for place in reversed(range(len(parts))):
            part = parts[place]
            wanted = _wanted(part, None if is_whole else limits)
            if wanted > 0 and _give(
                part, wanted, movement, self._account, self._request, self._state
            ):
                parts[place] = replace(part, refunded=added(part.refunded, wanted))
                self._given[part.resource] = added(self._given.get(part.resource, 0), wanted)
                if not is_whole:
                    limits[part.resource] = added(limits[part.resource], minus(wanted))
        return replace(each, parts=tuple(parts), usage=usage), back

    def _lower_budgets(self, before: Paid, after: Paid, back: tuple[Usage, ...]) -> None:
        """What was refunded counts in no budget any more; of resources alone, what was spent."""
        usage = before.usage
        if not self._budgets or usage is None:
            return
        record = make_record(
            usage.usage_type,
            tenant=self._request.tenant,
            root=self._request.root,
            event_id=before.charge,
            span=Period(usage.start, usage.start),
            service_id=usage.service_id,
            usages=back,
            attributes=usage.attributes,
        )
        resources = {part.resource for part in after.parts}
        spent: dict[str, Quantity] = {
            each: CONTEXT.subtract(_refunded(after, each), _refunded(before, each))
            for each in resources
        }
        is_gone = after.usage is not None and after.usage.is_back and not usage.is_back
        lower_budgets(
            record,
            self._account,
            self._budgets,
            spent=spent,
            requests=1 if is_gone else 0,
            state=self._state,
        )


def _owed(paid: Paid, usage: PaidUsage) -> dict[str, Quantity]:
    """What of each resource goes back where so much of the usage has been taken back."""
    if paid.usage is None:
        return {}
    before, after = shares_of(paid.usage, paid.parts), shares_of(usage, paid.parts)
    return {name: added(share, minus(before[name])) for name, share in after.items()}


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
