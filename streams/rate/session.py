"""Outcomes of sessions: a record moves its session, and what is achieved is charged once.

The record that makes `resolved` true carries the charge of one outcome, at the offer's price, with
allowances, discounts, taxes and shares as usage of that unit has them; every other record of the
session costs the customer nothing. The record that makes `reopened` true takes back, in its own
month, the very lines that were charged: allowances only where their month is still open,
accumulators only where it is the same month, or the same period of their own, totals of partners in
the period that is open. After it, events and quantities count anew.

At most once a session, a resolved session stays charged until it is reopened. At most once a
session and month, the first record of a later month begins to count anew as well, and what is
achieved then is charged in that month.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.model.account import Bucket
from streams.model.instant import BEGINNING, Instant
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus, trimmed
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.model.session import ChargedOutcome, SessionTally
from streams.outcome import Drop, Reject
from streams.rate.offer import CompiledOffer, rate_usage
from streams.rate.outcome import Turn
from streams.rate.quantity import exact
from streams.rate.rating import Rating
from streams.rate.rules.loyalty import RULE as LOYALTY
from streams.rate.rules.loyalty import add_points, place_of_points
from streams.state import State, Table
from streams.tenant_time import time_of_key

RULE: Final = "outcome"
_COST_RULE: Final = "cost"
_OF_RULES: Final = ("revenue", "tax_payable", "partner_payable", "exchange")
"""Counter-accounts that rules post to; what follows from the amount is posted anew."""
_TAKEN_BACK: Final = {"taken_back": "true"}
_QUANTITIES: Final[dict[str, int]] = {"resolved": 1, "reopened": -1, "open": 0, "unchanged": 0}


def rate_session(rating: Rating, offer: CompiledOffer) -> Drop | Reject | None:
    """Apply the offer's rules to what the record achieves in its session.

    What the session is from then on stands in `rating.session`.
    """
    outcome, state = offer.outcome, rating.state
    assert outcome is not None
    assert state is not None
    name = outcome.name_of(rating)
    if isinstance(name, Reject):
        return name
    key = rating.payer.key + f"\0{outcome.rule.id}\0{name}".encode()
    tally = find_session(key, state)
    turn = outcome.judge(rating, tally)
    if isinstance(turn, Reject):
        return turn
    held = rating.buckets.copy()
    rating.outcomes = 1 if turn.became == "resolved" else 0
    record = rating.record
    measured = tuple(usage for usage in record.usages if usage.quantity)
    if len(measured) != len(record.usages):
        # What a record did not measure has no cost.
        rating.record = replace(record, usages=measured)
    refusal = rate_usage(rating, offer)
    rating.record = record
    if refusal is not None:
        return refusal
    charged = turn.charged
    if turn.became == "resolved":
        charged = _charged(rating, held)
    elif turn.became == "reopened" and charged is not None:
        _take_back(rating, charged)
        charged = None
    rule = outcome.rule
    after = _tally(rating, turn, tally, kept=rule.kept, charged=charged)
    rating.session = key, after
    detail = {"session": name, "became": str(turn.became)}
    if after.cost:
        detail["cost"] = f"{trimmed(after.cost):f}"
    quantity = _QUANTITIES[turn.became]
    rating.lines.insert(0, ChargeLine(RULE, rule.id, rule.unit, quantity, ZERO, ZERO, detail))
    return None


def find_session(key: bytes, state: State) -> SessionTally | None:
    """The session, unless it has closed by the tenant's time."""
    tally: SessionTally | None = state.get(Table.SESSION_TALLIES, key)
    if tally is None or tally.closes_at <= time_of_key(key, state):
        return None
    return tally


def _tally(
    rating: Rating,
    turn: Turn,
    tally: SessionTally | None,
    *,
    kept: Instant,
    charged: ChargedOutcome | None,
) -> SessionTally:
    at = rating.record.occurred_at
    last_at = at if tally is None else max(tally.last_at, at)
    events, quantities = turn.counted
    return SessionTally(
        last_at + kept,
        last_at,
        tuple(sorted(events.items())),
        tuple(sorted(quantities.items())),
        CONTEXT.add(ZERO if tally is None else tally.cost, rating.cost or ZERO),
        charged,
    )


def _charged(rating: Rating, held: list[Bucket]) -> ChargedOutcome:
    """What the rules have charged; `held` are the buckets as they were before."""
    left = {_name(each): each.remaining for each in rating.buckets}
    burned = tuple(
        (*_name(each), each.remaining - left[_name(each)])
        for each in held
        if left[_name(each)] < each.remaining
    )
    spans = rating.plan.spans.keys()
    return ChargedOutcome(
        rating.period.start,
        tuple(line for line in rating.lines if line.rule != _COST_RULE),
        rating.total,
        rating.amount,
        rating.tax,
        tuple(each for each in rating.postings if _is_of_rules(each)),
        tuple(sorted(rating.moved.items())),
        burned,
        tuple((name, rating.span_of(name).start) for name in sorted(rating.moved.keys() & spans)),
        tuple(sorted((rating.brought or {}).items())),
    )


def _is_of_rules(posting: Posting) -> bool:
    return posting.ledger_account.partition(":")[0] in _OF_RULES


def _take_back(rating: Rating, charged: ChargedOutcome) -> None:
    """Put the opposite of what was charged."""
    rating.lines[:0] = [_opposite(line) for line in charged.lines]
    rating.total = CONTEXT.subtract(rating.total, charged.total)
    rating.amount = CONTEXT.subtract(rating.amount, charged.amount)
    rating.tax = CONTEXT.subtract(rating.tax, charged.tax)
    rating.postings += [
        Posting(each.ledger_account, each.resource, minus(each.amount)) for each in charged.postings
    ]
    starts = dict(charged.starts)
    for name, quantity in charged.moved:
        if rating.span_of(name).start == starts.get(name, charged.period_start):
            rating.move(name, minus(quantity))
    for name, quantity in charged.brought:
        rating.brought = rating.brought or {}
        rating.brought[name] = added(rating.brought.get(name, 0), minus(quantity))
    for line in charged.lines:
        if line.rule == LOYALTY:
            _take_points(rating, line, charged.period_start)
    for resource, start, bucket, quantity in charged.burned:
        _give_back(rating, (resource, start, bucket), quantity)


def _take_points(rating: Rating, line: ChargeLine, month: Instant) -> None:
    """The points that a line gave; those that have expired are gone."""
    for start in (month, BEGINNING):
        place = place_of_points(rating, line.unit, start)
        if place is not None:
            add_points(rating, place, minus(exact(Decimal(line.detail["points"]))))
            return


def _opposite(line: ChargeLine) -> ChargeLine:
    return ChargeLine(
        line.rule,
        line.price,
        line.unit,
        minus(line.quantity),
        line.unit_amount,
        CONTEXT.minus(line.amount),
        line.detail | _TAKEN_BACK,
    )


def _name(bucket: Bucket) -> tuple[str, Instant, str]:
    """What tells a bucket from the others of its account."""
    return bucket.resource, bucket.start, bucket.id


def _give_back(rating: Rating, name: tuple[str, Instant, str], quantity: Quantity) -> None:
    """What an allowance gave; that of a closed month is gone."""
    resource, start, _ = name
    for place, bucket in enumerate(rating.buckets):
        if _name(bucket) == name:
            before, after = bucket.remaining, added(bucket.remaining, quantity)
            rating.buckets[place] = bucket.left_with(after)
            rating.changes.append(
                BalanceChange(resource, start, before, after, bucket.id, bucket.holder)
            )
            rating.postings += (
                Posting(bucket.ledger_account, resource, quantity),
                Posting("allowance_liability", resource, minus(quantity)),
            )
            return
