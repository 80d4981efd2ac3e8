"""Where the thresholds of an account stand: measured at a moment, whatever has fired before.

What has fired says once a period that a level was reached; whoever follows a threshold wants to
know each time that it is, or is no longer. What sessions have set aside is not used yet.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.accumulate.standing import account_at
from streams.accumulate.wallets import money_of, own_money
from streams.model.account import Account, Accumulators, Balances, Bucket
from streams.model.charging_session import ThresholdStatus
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.rate.plan import Plan
from streams.rate.threshold_status import ThresholdTerms
from streams.state import State, Table

TOTALS_MOST: Final = 100
"""Totals of one accumulator, kept apart by what they are of, that are looked at at most."""
_ALWAYS: Final = Period(BEGINNING, FOREVER)


class _Measured(NamedTuple):
    """What was found: of what, for how long, and whether that starts at zero after it."""

    value: Quantity
    whole: Decimal = ZERO
    period: Period = _ALWAYS
    begins_anew: bool = False


def thresholds_of(
    account: Account, plan: Plan, at: Instant, state: State
) -> tuple[ThresholdStatus, ...]:
    """Those that concern the account, in the catalog's order."""
    followed = plan.thresholds.followed
    if not followed:
        return ()
    account = account_at(account, at, plan=plan, state=state)
    look = _Look(account, plan, at, state)
    notices = plan.thresholds.notices
    told = (
        look.status_of(terms)
        for terms in followed
        if notices[terms.threshold.id].concerns(account.attributes)
    )
    return tuple(status for status in told if status is not None)


class _Look:
    """One look at an account."""

    __slots__ = ("_account", "_at", "_buckets", "_key", "_plan", "_state")

    def __init__(self, account: Account, plan: Plan, at: Instant, state: State) -> None:
        self._account = account
        self._plan = plan
        self._at = at
        self._state = state
        self._key = f"{account.tenant}\0{account.account}".encode()
        held: Balances = state.get(Table.BALANCES, self._key) or Balances()
        self._buckets = tuple(map(_with_reserved, held.buckets))

    def status_of(self, terms: ThresholdTerms) -> ThresholdStatus | None:
        """Where it stands; of several buckets or totals the one that has come furthest counts."""
        measured = self._measured(terms)
        if measured is None:
            return None
        if not measured:
            status = terms.at_first.status
            return ThresholdStatus(terms.threshold.id, status, 0, *_ALWAYS)
        found = [(terms.reached(Decimal(each.value), each.whole), each) for each in measured]
        reached, furthest = max(found, key=lambda each: each[0].number)
        value, whole, (start, end), begins_anew = furthest
        then = terms.reached(ZERO, whole).status if begins_anew and end != FOREVER else ""
        return ThresholdStatus(terms.threshold.id, reached.status, value, start, end, then)

    def _measured(self, terms: ThresholdTerms) -> list[_Measured] | None:
        """What the threshold is on; None: the account has nothing of it."""
        threshold = terms.threshold
        match threshold.on:
            case "spend":
                return self._totals(terms, terms.threshold.of)
            case "accumulator":
                tally = self._plan.tallies.get(threshold.resource)
                if tally is None:
                    return self._totals(terms, threshold.of)
                return self._tallies(terms)
            case "credit_use":
                return self._owed(terms)
            case _ if threshold.resource == self._account.currency:
                return self._money(terms)
            case _:
                return self._granted(terms)

    def _money(self, terms: ThresholdTerms) -> list[_Measured] | None:
        if self._account.payment == "postpaid":
            return None
        left = money_of(self._buckets, self._account.currency)
        return [_Measured(left, terms.threshold.of or ZERO)]

    def _owed(self, terms: ThresholdTerms) -> list[_Measured] | None:
        account, limit = self._account, self._account.credit_limit
        if account.payment == "prepaid" or limit is None:
            return None
        if terms.threshold.resource != account.currency:
            return None
        return [_Measured(CONTEXT.minus(own_money(self._buckets, account.currency)), limit)]

    def _granted(self, terms: ThresholdTerms) -> list[_Measured] | None:
        """What of each grant is used, or left; nothing of one that no usage has opened yet."""
        threshold, at = terms.threshold, self._at
        if threshold.resource not in self._plan.thresholds.allowances:
            return None
        found: list[_Measured] = []
        for bucket in self._buckets:
            if bucket.resource == threshold.resource and bucket.start <= at < bucket.end:
                granted, left = Decimal(bucket.granted), Decimal(bucket.remaining)
                is_left = threshold.on == "balance"
                value = left if is_left else CONTEXT.subtract(granted, left)
                found.append(_Measured(value, granted, Period(bucket.start, bucket.end)))
        return found

    def _totals(self, terms: ThresholdTerms, of: Decimal | None) -> list[_Measured]:
        """The sums of its period; it has come to nothing where there is none."""
        account, whole = self._account, of or ZERO
        span = terms.span.at(
            self._at, account.time_zone, closed_before=BEGINNING, billing=account.billing
        )
        held: Accumulators = self._state.get(Table.ACCUMULATORS, self._key) or Accumulators()
        name, apart = terms.total, f"{terms.total}/"
        sums: Iterable[Quantity] = [
            total
            for named, start, _, total in held.totals
            if start == span.start and (named == name or named.startswith(apart))
        ]
        return [_Measured(total, whole, span, True) for total in sums or (0,)]

    def _tallies(self, terms: ThresholdTerms) -> list[_Measured] | None:
        """What is more than a sum; a total of a group is its root's to follow."""
        account = self._account
        tally = self._plan.tallies[terms.threshold.resource]
        if tally.accumulator.per == "group" and account.root != account.account:
            return None
        whole, zone_name = terms.threshold.of or ZERO, account.time_zone
        found: list[_Measured] = []
        for key in self._tally_keys(terms.total):
            span, total = tally.total_at(key, self._at, zone_name, self._state)
            found.append(_Measured(total, whole, span))
        return found

    def _tally_keys(self, name: str) -> Iterator[bytes]:
        alone = self._key + b"\0" + name.encode()
        if self._state.get(Table.TALLIES, alone) is not None:
            yield alone
        first, after = alone + b"/", alone + b"0"
        for key, _ in self._state.scan(Table.TALLIES, first, after, TOTALS_MOST):
            yield key


def _with_reserved(bucket: Bucket) -> Bucket:
    return replace(bucket, remaining=bucket.unused) if bucket.reserved else bucket
