"""Totals of partners among the running totals of accounts: what a customer brings, and their sum.

They stand by the periods of their commission plan, not by the account's month. None goes before it
has been told or settled, however long its period is over.
"""

from operator import itemgetter

from streams.due.agenda import fall_due
from streams.model.account import Accumulators
from streams.model.billing_period import period_at
from streams.model.command import PartnerVolume
from streams.model.commission import ZONE, CommissionPlan, PartnerTotal, partner_total
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.money import Quantity, added
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import State, Table


def add_brought(rating: Rating, plan: Plan, state: State, closed_before: Instant) -> None:
    """Add what the record brings to the period it counts in: its own, or the open one."""
    key = rating.payer.key
    totals: Accumulators = state.get(Table.ACCUMULATORS, key) or Accumulators()
    due: list[Instant] = []
    for name, quantity in (rating.brought or {}).items():
        total = partner_total(name)
        terms = None if total is None else plan.commissions.plans.get(total.plan)
        if terms is not None:
            period = open_period_of(rating.record.occurred_at, terms, closed_before)
            totals = plus(totals, name, period, quantity)
            due.append(period.end + plan.grace)
    if due:
        state.put(Table.ACCUMULATORS, key, totals)
        fall_due(key, min(due), state)


def take_volume(
    command: PartnerVolume, terms: CommissionPlan | None, time: Instant, state: State
) -> None:
    """Add what a customer brought to the partner's own total of the period.

    Where that has been settled, to the one that is open. What the catalog does not know, now, is
    looked at again.
    """
    key = f"{command.tenant}\0{command.account}".encode()
    period, due = Period(command.start, command.end), BEGINNING
    if terms is not None:
        if period.end + terms.settled_after <= time:
            period = period_at(time - terms.settled_after, terms.every, ZONE)
        due = period.end + terms.settled_after
    totals: Accumulators = state.get(Table.ACCUMULATORS, key) or Accumulators()
    name = PartnerTotal(command.commission_plan, command.partner).name
    state.put(Table.ACCUMULATORS, key, plus(totals, name, period, command.quantity))
    fall_due(key, due, state)


def open_period_of(at: Instant, terms: CommissionPlan, closed_before: Instant) -> Period:
    """The plan's period that holds an instant; where that is closed, the one that is open."""
    period = period_at(at, terms.every, ZONE)
    return period if period.end > closed_before else period_at(closed_before, terms.every, ZONE)


def plus(totals: Accumulators, name: str, period: Period, quantity: Quantity) -> Accumulators:
    """The totals with so much more of one in a period."""
    kept: list[tuple[str, Instant, Instant, Quantity]] = []
    held: Quantity = 0
    for each in totals.totals:
        if each[0] == name and each[1] == period.start:
            held = each[3]
        else:
            kept.append(each)
    kept.append((name, period.start, period.end, added(held, quantity)))
    if len(kept) > 1:
        kept.sort(key=itemgetter(0, 1))
    return Accumulators(tuple(kept))


def without(totals: Accumulators, name: str, start: Instant) -> Accumulators:
    """The totals less the one of a name in the period that begins at `start`."""
    return Accumulators(tuple(each for each in totals.totals if each[:2] != (name, start)))
