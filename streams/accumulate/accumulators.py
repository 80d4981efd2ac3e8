"""Running totals by month, or by periods of their own: a record adds to those it counts in."""

from streams.model.account import Accumulators
from streams.model.commission import partner_total
from streams.model.instant import Instant
from streams.model.money import added
from streams.rate.evaluation import Total, still_evaluated
from streams.rate.rating import Rating


def move_accumulators(rating: Rating, closed_before: Instant) -> Accumulators:
    """The account's totals after the record, without those of closed periods.

    Totals of partners stay until they are told or settled.
    """
    if rating.plan.spans:
        return _move_by_span(rating, closed_before)
    start, end = rating.period
    moved = rating.moved
    if len(rating.totals) == 1 == len(moved):
        # The usual case: the one total there is goes up.
        ((name, period_start, _, total),) = rating.totals
        if period_start == start and name in moved:
            return Accumulators(((name, start, end, added(total, moved[name])),))
    totals: list[Total] = []
    found = 0
    for entry in rating.totals:
        name, period_start, period_end, total = entry
        if period_start == start and name in moved:
            found += 1
            totals.append((name, start, end, added(total, moved[name])))
        elif period_end > closed_before or partner_total(name) is not None:
            totals.append(entry)
    if found < len(moved):
        known = {name for name, period_start, _, _ in rating.totals if period_start == start}
        totals += [(name, start, end, moved[name]) for name in moved if name not in known]
        totals.sort(key=_place)
    return Accumulators(tuple(totals))


def _move_by_span(rating: Rating, closed_before: Instant) -> Accumulators:
    """The same where some totals have a period of their own."""
    moved = {rating.name_of(name): quantity for name, quantity in rating.moved.items()}
    left = {rating.name_of(name): rating.span_of(name) for name in rating.moved}
    evaluations = rating.plan.evaluations
    totals: list[Total] = []
    closed: list[Total] = []
    for entry in rating.totals:
        name, start, end, total = entry
        span = left.get(name)
        if span is not None and span.start == start:
            del left[name]
            totals.append((name, start, span.end, added(total, moved[name])))
        else:
            is_kept = end > closed_before or partner_total(name) is not None
            (totals if is_kept else closed).append(entry)
    totals += [(name, *span, moved[name]) for name, span in left.items()]
    if closed and evaluations:
        zone_name = rating.payer.time_zone
        totals += still_evaluated(closed, evaluations, zone_name, closed_before)
    totals.sort(key=_place)
    return Accumulators(tuple(totals))


def _place(total: Total) -> tuple[str, Instant]:
    return total[0], total[1]
