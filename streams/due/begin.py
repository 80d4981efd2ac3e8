"""Settlements that begin with usage: of a period that something was charged in."""

from streams.model.account import Fees, RunningFee
from streams.model.instant import FOREVER, Instant
from streams.rate.rating import Rating
from streams.state import State, Table


def begin_settling(rating: Rating, state: State, grace: Instant) -> Instant:
    """Note what the record will be settled by, once a period; when the first of it falls due."""
    key, due = rating.payer.key, FOREVER
    held: Fees = state.get(Table.FEES, key) or Fees()
    running = held.running
    for price_plan, name, total in rating.settling:
        start, end = rating.span_of(total)
        due = min(due, end + grace)
        if not any(
            (each.price_plan, each.fee, each.start) == (price_plan, name, start) for each in running
        ):
            running = (*running, RunningFee("", "", price_plan, name, start, end, start, 1))
    if running is not held.running:
        state.put(Table.FEES, key, Fees(running))
    return due
