"""Units that stay: charged whole as a period begins, given back where their service ends before it.

Each step is a record made of its cause, of the units' own usage type, and goes through the rules of
the offer that is in force.
"""

from msgspec.structs import replace

from streams.due.made import make_record, moment
from streams.due.moment import AccountMoment
from streams.model.account import Held, RunningFee
from streams.model.billing_period import period_at
from streams.model.days import share_of
from streams.model.holding import Holding
from streams.model.instant import BEGINNING, Instant, Period, month_of
from streams.model.usage import Usage
from streams.outcome import RejectReason
from streams.rate.held import HeldChange
from streams.rate.offer import CompiledOffer, rate_usage
from streams.rate.rate import find_offer
from streams.rate.rating import Rating


def take_held_step(running: RunningFee, held: Held, at: AccountMoment) -> RunningFee | None:
    """Charge the next period, or give back what was charged past the end; None: not yet possible.

    Units that no offer charges for their time any more, and units of none, are let go. A level is
    kept: it says which one that comes later is older.
    """
    end = max(running.end, running.start)
    is_credit = running.until > end
    start = end if is_credit else running.until
    gone = replace(running, until=end, held=None)
    if not held.units and held.levelled_at == BEGINNING:
        return gone
    assignment = at.assignment_of(running)
    record = make_record(
        running.fee,
        tenant=at.account.tenant,
        root=at.account.root,
        event_id=_name(running, held, start, at, is_credit=is_credit),
        span=Period(start, start),
        service_id=running.service_id,
        usages=_taken_back(held.units) if is_credit else held.units,
        attributes=held.attributes,
    )
    offer = find_offer(record, at.payer_of(record, assignment), at.plan_at(start))
    if not isinstance(offer, CompiledOffer):
        return None if offer.reason == RejectReason.UNKNOWN_CURRENCY else gone
    holding = offer.terms.offer.holding
    if holding is None:
        return gone
    until = running.until if is_credit else _until(holding, start, end, at)
    share = share_of(Period(start, until), holding.every, holding.by, at.account.time_zone)
    if not share.part or not held.units:
        return replace(running, until=end if is_credit else until)
    month = month_of(until - 1, at.account.time_zone)
    rating = at.rating_of(record, offer, assignment, month)
    rating.holding = HeldChange(share, until)
    rating.plan = offer.plan.not_waiting
    return (
        replace(running, until=end if is_credit else until) if _is_done(rating, offer, at) else None
    )


def _is_done(rating: Rating, offer: CompiledOffer, at: AccountMoment) -> bool:
    return rate_usage(rating, offer) is None and at.settle(rating, offer.product) is None


def _until(holding: Holding, start: Instant, end: Instant, at: AccountMoment) -> Instant:
    return min(period_at(start, holding.every, at.account.time_zone).end, end)


def _taken_back(units: tuple[Usage, ...]) -> tuple[Usage, ...]:
    return tuple(Usage(usage.unit, -usage.quantity) for usage in units)


def _name(
    running: RunningFee, held: Held, start: Instant, at: AccountMoment, *, is_credit: bool
) -> str:
    """The cause of a charge: units of a service with these attributes, from when on."""
    words = [at.account.account, running.service_id]
    words += [f"{word}={value}" for word, value in sorted(held.attributes.items())]
    name = "/".join((*words, moment(start)))
    if running.opened > 1:
        name += f"#{running.opened}"
    return f"{name}/credit" if is_credit else name
