"""Grants of price plans that open as their periods begin, used or not, while a service is assigned.

They run like fees do. Of several services under one plan the account gets one bucket a period: the
first opens it. Where a grant ends with the service, its bucket ends there, and what rolled over of
it, unless another service goes on under the plan.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from streams.accumulate.periods import has_bucket
from streams.due.fee_step import FeeStep
from streams.due.grants import LIABILITY, VOID, grant_bucket
from streams.due.made import moment
from streams.due.moment import AccountMoment
from streams.due.movement import Movement, holder_of
from streams.due.roll_over import rolled_id
from streams.model.account import Bucket, RunningFee
from streams.model.account_period import account_period
from streams.model.grant import PLAN_GRANT
from streams.model.instant import Instant, Period
from streams.rate.grant import PlanGrant, group_bucket, plan_bucket, supplement_bucket
from streams.state import Table


def is_granting(running: RunningFee) -> bool:
    """True of what opens buckets, and charges nothing."""
    return running.fee.startswith(PLAN_GRANT)


def next_opening(running: RunningFee, at: AccountMoment) -> FeeStep | None:
    """When the next bucket opens, or the last one ends; None where nothing will come."""
    end = max(running.end, running.start)
    if running.until > end:
        return FeeStep(end, end, is_credit=True, is_end=False)
    if running.until == end or _grant_of(running, running.until, at) is None:
        return None
    return FeeStep(running.until, running.until, is_credit=False, is_end=False)


def open_period_of(running: RunningFee, at: AccountMoment) -> RunningFee:
    """Open the bucket of the next period; the grant as it runs on."""
    start = running.until
    grant = _grant_of(running, start, at)
    assert grant is not None
    period = account_period(start, grant.every, at.account)
    name, group = _bucket_of(running, grant)
    if not has_bucket(at.balances.buckets, grant.allowance, start, name):
        assigned = Period(running.start, running.end)
        bucket = plan_bucket(grant, period, start, assigned=assigned, account=at.account)
        bucket = replace(bucket, id=name, group=group)
        if bucket.granted > 0:
            grant_bucket(bucket, _cause(running, grant, start, at), at)
    return replace(running, until=period.end)


def end_with_service(
    running: RunningFee, others: Iterable[RunningFee], at: AccountMoment
) -> RunningFee:
    """The service has ended within a period that is open already; the grant, at its end."""
    end = max(running.end, running.start)
    over = replace(running, until=end)
    grant = _grant_of(running, running.until - 1, at)
    if grant is None or grant.ends == "period":
        return over
    if any(_is_of(each, running, grant) and max(each.end, each.start) > end for each in others):
        return over
    movement = Movement(VOID, _cause(running, grant, end, at), end)
    held, left = at.balances, list[Bucket]()
    for bucket in held.buckets:
        if not _is_left(bucket, grant, running):
            left.append(bucket)
        elif bucket.start < end:
            left.append(replace(bucket, end=end, roll_over=None))
        elif bucket.unused:
            movement.end(bucket, against=LIABILITY)
    at.state.put(Table.BALANCES, at.key, replace(held, buckets=tuple(left)))
    if movement:
        version = at.version_at(end)
        at.tell(movement.charge(holder_of(at.account), version=version, partition=at.partition))
    return over


def _grant_of(running: RunningFee, at_time: Instant, at: AccountMoment) -> PlanGrant | None:
    """The grant as the catalog in force says."""
    price_plan = at.plan_at(at_time).price_plans.get(running.price_plan)
    return None if price_plan is None else price_plan.grant_named(running.fee)


def _is_left(bucket: Bucket, grant: PlanGrant, running: RunningFee) -> bool:
    """True of the bucket of the period that is open, and of what was rolled over to it."""
    if bucket.resource != grant.allowance or bucket.end <= running.end:
        return False
    name, _ = _bucket_of(running, grant)
    return bucket.id == rolled_id(name) or (bucket.id == name and bucket.end == running.until)


def _bucket_of(running: RunningFee, grant: PlanGrant) -> tuple[str, str]:
    """The id of the buckets that a running grant opens, and the subscription that they are for."""
    own = running.supplements or running.subscription
    name, group = ("", "")
    if grant.per_subscription:
        name, group = group_bucket(own), grant.group_of(own)
    return (supplement_bucket(running.service_id) if running.supplements else name), group


def _is_of(each: RunningFee, running: RunningFee, grant: PlanGrant) -> bool:
    if running.supplements or each.supplements:
        return False
    if grant.per_subscription and each.subscription != running.subscription:
        return False
    return each is not running and (each.price_plan, each.fee) == (running.price_plan, running.fee)


def _cause(running: RunningFee, grant: PlanGrant, start: Instant, at: AccountMoment) -> str:
    """A period's grant, and under which of the service's assignments."""
    bucket, _ = _bucket_of(running, grant)
    whose = f"{bucket}/" if bucket else ""
    name = f"{at.account.account}/{whose}{grant.allowance}/{moment(start)}"
    return f"{name}#{running.opened}" if running.opened > 1 else name
