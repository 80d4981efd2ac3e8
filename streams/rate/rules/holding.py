"""Units that stay: from what a record says to what it changes, and for which part of the period.

Units are held for each service by the attributes that its usage type declares: what is taken away
must name those that it came with. A record that changes them is charged from its day (or its
moment) to the end of what has been charged already, so one that comes late pays for all periods
that have begun since, and is counted in the last of them. A level says how many units there are:
it counts as the difference. One that is older than the newest waits for a human (`late_reading`),
and so does a change that takes away more than is held (`not_held`).
"""

from msgspec.structs import replace

from streams.model.account import Driven, Fees, Held, RunningFee
from streams.model.billing_period import period_at
from streams.model.days import Share, share_of
from streams.model.holding import Holding
from streams.model.instant import Instant, Period, format_instant, month_of
from streams.model.usage import Usage, UsageRecord
from streams.outcome import Drop, DropReason, Reject, RejectReason
from streams.rate.held import DrivenChange, HeldChange
from streams.rate.payer import Payer
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms
from streams.state import Table
from streams.tenant_time import time_of


def compile_holding(terms: OfferTerms) -> Rule | None:
    """Note what the record changes; its usages are the units that it adds or takes away."""
    holding = terms.offer.holding
    if holding is None:
        return _compile_driving(terms) if terms.driven else None
    words, by_level, charges_zero = terms.attributes, terms.held == "level", terms.charges_zero

    def hold(rating: Rating) -> Drop | Reject | None:
        if rating.holding is not None:
            return None
        record = rating.record
        attributes = {word: record.attributes[word] for word in words if word in record.attributes}
        running = _running(rating, attributes, holding, by_level=by_level)
        if isinstance(running, Reject):
            return running
        assert running.held is not None
        if running.until <= record.occurred_at:
            return _not_held(record, f"nothing is charged after {format_instant(running.until)}")
        changed = _changes(record, running.held, by_level=by_level)
        if isinstance(changed, Reject):
            return changed
        if not charges_zero and not any(usage.quantity for usage in changed):
            return Drop(DropReason.ZERO_USAGE, "as many units are held as before")
        held = _after(record, running.held, changed)
        if isinstance(held, Reject):
            return held
        if by_level:
            held = replace(held, levelled_at=record.occurred_at)
        zone_name = rating.payer.time_zone
        span = Period(record.occurred_at, running.until)
        share = share_of(span, holding.every, holding.by, zone_name)
        rating.holding = HeldChange(share, running.until, replace(running, held=held))
        rating.record = replace(record, usages=changed)
        rating.period = month_of(running.until - 1, zone_name)
        return None

    return hold


def _compile_driving(terms: OfferTerms) -> Rule:
    """Units that drive fees: the record is charged as a change, by the price of its offer."""
    driven, by_level, charges_zero = terms.driven, terms.held == "level", terms.charges_zero

    def drive(rating: Rating) -> Drop | Reject | None:
        record, told = rating.record, rating.told
        fees = () if told is None else driven.get(told.price, ())
        if not fees:
            return None
        running = _driven_fees(rating, fees)
        if not running:
            return _not_held(record, f"fee {fees[0]} does not run")
        ((unit, quantity),) = ((usage.unit, usage.quantity) for usage in record.usages)
        known = next((fee.driven for fee in running if fee.driven is not None), Driven(""))
        if by_level:
            if record.occurred_at < known.levelled_at:
                return _older(record, known.levelled_at)
            quantity -= known.quantity
        if not quantity and not charges_zero:
            return Drop(DropReason.ZERO_USAGE, "as many units are held as before")
        if known.quantity + quantity < 0:
            return _not_held(
                record, f"{-quantity} {unit} are taken away, {known.quantity} are held"
            )
        names = tuple(fee.fee for fee in running)
        change = DrivenChange(names, quantity, by_level)
        rating.record = replace(record, usages=(Usage(unit, quantity),))
        rating.holding = HeldChange(Share(1, 1), record.occurred_at + 1, driven=change)
        return None

    return drive


def _driven_fees(rating: Rating, fees: tuple[str, ...]) -> list[RunningFee]:
    state, record, payer = rating.state, rating.record, rating.payer
    assert state is not None
    known: Fees = state.get(Table.FEES, payer.key) or Fees()
    return [fee for name in fees for fee in known.running if _is_of(fee, record, payer, name)]


def _running(
    rating: Rating, attributes: dict[str, str], holding: Holding, *, by_level: bool
) -> RunningFee | Reject:
    """What is held by the record's service now; where nothing is, it begins with the record.

    Of an assignment that is over, nobody knows any more how many there were: neither a level nor,
    where a later one has taken the units over and charged them, a change can be told.
    """
    payer, record, state = rating.payer, rating.record, rating.state
    assert state is not None
    fees: Fees = state.get(Table.FEES, payer.key) or Fees()
    held = [fee for fee in fees.running if fee.held and fee.held.attributes == attributes]
    if any(_has_taken_over(fee, record, payer) for fee in held):
        return _not_held(record, "another assignment has taken over what is held")
    for running in held:
        if _is_of(running, record, payer, record.usage_type):
            return running
    start = max(record.occurred_at, rating.period.start)
    assignment = payer.assignment
    if by_level and assignment.end <= time_of(payer.account.tenant, state):
        return _not_held(record, "what was held has ended with its assignment")
    return RunningFee(
        record.service_id,
        assignment.subscription,
        assignment.price_plan,
        record.usage_type,
        assignment.start,
        assignment.end,
        min(period_at(start, holding.every, payer.time_zone).end, assignment.end),
        payer.service.version,
        Held(attributes=attributes),
    )


def _is_of(running: RunningFee, record: UsageRecord, payer: Payer, name: str) -> bool:
    return (
        running.service_id == record.service_id
        and running.fee == name
        and running.start == payer.assignment.start
        and running.price_plan == payer.assignment.price_plan
    )


def _has_taken_over(running: RunningFee, record: UsageRecord, payer: Payer) -> bool:
    return (
        running.service_id == record.service_id
        and running.fee == record.usage_type
        and running.start >= payer.assignment.end
        and running.until > running.start
    )


def _changes(record: UsageRecord, held: Held, *, by_level: bool) -> tuple[Usage, ...] | Reject:
    if not by_level:
        return record.usages
    if record.occurred_at < held.levelled_at:
        return _older(record, held.levelled_at)
    units = {usage.unit: usage.quantity for usage in held.units}
    return tuple(
        Usage(usage.unit, usage.quantity - units.get(usage.unit, 0)) for usage in record.usages
    )


def _after(record: UsageRecord, held: Held, changed: tuple[Usage, ...]) -> Held | Reject:
    units = {usage.unit: usage.quantity for usage in held.units}
    for usage in changed:
        before = units.get(usage.unit, 0)
        after = before + usage.quantity
        if after < 0:
            return _not_held(
                record, f"{-usage.quantity} {usage.unit} are taken away, {before} are held"
            )
        units[usage.unit] = after
    return Held(
        tuple(Usage(unit, quantity) for unit, quantity in sorted(units.items()) if quantity),
        held.attributes,
        held.levelled_at,
    )


def _older(record: UsageRecord, newest: Instant) -> Reject:
    at, last = format_instant(record.occurred_at), format_instant(newest)
    return Reject(
        RejectReason.LATE_READING,
        f"the level of {at} is older than that of {last}",
        lacks=_reference(record),
    )


def _not_held(record: UsageRecord, why: str) -> Reject:
    return Reject(
        RejectReason.NOT_HELD,
        f"service {record.service_id}, {record.usage_type}: {why}",
        lacks=_reference(record),
    )


def _reference(record: UsageRecord) -> str:
    return f"held:{record.tenant}:{record.service_id}:{record.usage_type}"
