"""Put a rated record's effects into the state of its account: money, totals, warnings."""

from typing import Final

from streams.accumulate.accumulators import move_accumulators
from streams.accumulate.ask_top_up import ask_top_ups
from streams.accumulate.funds import take_funds
from streams.accumulate.partner_totals import add_brought
from streams.accumulate.pools import settle_pools
from streams.accumulate.tallies import move_tallies
from streams.accumulate.thresholds import watch_rating
from streams.accumulate.watch import Low
from streams.accumulate.watched_group import watch_group
from streams.due.agenda import put_balances
from streams.due.begin import begin_settling
from streams.model.account import Balances
from streams.model.instant import Instant
from streams.model.rated import BalanceChange
from streams.outcome import Reject
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import State, Table
from streams.tenant_time import time_of

_BALANCES: Final = Table.BALANCES
_ACCUMULATORS: Final = Table.ACCUMULATORS
_SESSIONS: Final = Table.SESSION_TALLIES


def accumulate_usage(
    rating: Rating, plan: Plan, state: State, *, closed_before: Instant
) -> Reject | None:
    """Settle the record and put the new state of its account; note the alerts it caused."""
    refusal = take_funds(rating)
    if refusal is not None:
        return refusal
    told = settle_pools(rating, plan, state) if rating.pools else ()
    if rating.plan.tallies:
        refusal = move_tallies(rating, state)
        if refusal is not None:
            return refusal
        if plan.thresholds.groups:
            told += watch_group(rating, plan, state)
    key, due = rating.payer.key, rating.held.due
    if rating.granted:
        _tell_grants(rating)
        due = min(due, *(bucket.end + plan.grace for bucket in rating.granted))
    if rating.settling:
        due = min(due, begin_settling(rating, state, plan.grace))
    watched = plan.thresholds
    if rating.overrun or (watched.notices and (rating.changes or rating.entered or watched.totals)):
        low = watch_rating(rating, plan)
        if low:
            due = min(due, _ask(rating, low, state))
    if rating.changes or rating.overrun or rating.alerts or due != rating.held.due:
        balances = Balances(tuple(rating.buckets), rating.fired, due)
        if due != rating.held.due:
            put_balances(key, rating.held, balances, state)
        else:
            state.put(_BALANCES, key, balances)
    if told:
        rating.alerts += told
    if rating.moved:
        totals = move_accumulators(rating, closed_before)
        state.put(_ACCUMULATORS, key, totals)
    if rating.brought is not None:
        add_brought(rating, plan, state, closed_before)
    if rating.session is not None:
        state.put(_SESSIONS, *rating.session)
    for bucket in rating.buckets:
        if bucket.reserved:
            _tell_reserved(rating)
            break
    return None


def _tell_reserved(rating: Rating) -> None:
    """What sessions have set aside of a bucket is there before the record and after it."""
    reserved = {(each.resource, each.start, each.id): each.reserved for each in rating.buckets}
    for place, change in enumerate(rating.changes):
        if not change.account:
            held = reserved.get((change.resource, change.period_start, change.bucket), 0)
            rating.changes[place] = change.beside(held)


def _ask(rating: Rating, low: tuple[Low, ...], state: State) -> Instant:
    """Ask for money that is low; until when the answer has time."""
    account, at = rating.payer.account, rating.record.occurred_at
    at = max(at, time_of(account.tenant, state))
    alerts, due = ask_top_ups(account, low, at=at, state=state)
    rating.alerts += alerts
    return due


def _tell_grants(rating: Rating) -> None:
    """A bucket that was opened and not touched is a change as well."""
    for bucket in rating.granted:
        if bucket in rating.buckets:
            rating.changes.append(
                BalanceChange(bucket.resource, bucket.start, 0, bucket.remaining, bucket.id)
            )
