"""Whether an account may use a feature, and how much of it is left: a question, never a charge.

The answer comes from the catalog and from balances as they stand. Whoever asks says what time it
is, and of what the balances are: those of a database are a little late, an owner's own are not.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from streams.model.account import Accumulators, Balances, Bucket
from streams.model.account_period import CYCLE
from streams.model.billing import CALENDAR, Billing
from streams.model.billing_period import starts_of
from streams.model.catalog import Accumulator, Catalog, Grant, PricePlan
from streams.model.entitlement import Entitlement
from streams.model.instant import FOREVER, Instant, Period
from streams.model.money import ZERO
from streams.model.status import Statuses, status_at
from streams.rate.spans import MONTH


class Reason(StrEnum):
    """Why a feature may be used, or may not."""

    ENTITLED = "entitled"
    """A price plan of the account has it, and something is left where it is metered."""
    OVERAGE = "overage"
    """What was granted is used up; the price plan lets it be used beyond."""
    USED_UP = "used_up"
    """What was granted is used up."""
    NOT_ENTITLED = "not_entitled"
    """No price plan of the account has the feature."""
    NO_SERVICE = "no_service"
    """No service id of the account is under a price plan now."""
    SUSPENDED = "suspended"
    """The account is suspended, whatever its price plans say."""
    TERMINATED = "terminated"
    """The account is terminated."""


class MeterBalance(Struct, frozen=True, kw_only=True):
    """How much of a metered feature there is. `used` may be more than was `granted`.

    `next_reset_at` is when the next of the periods ends, None where none does.
    """

    granted: Decimal
    used: Decimal
    reserved: Decimal
    remaining: Decimal
    unlimited: bool
    overage_allowed: bool
    next_reset_at: Instant | None


class Entitled(Struct, frozen=True, kw_only=True):
    """The answer about one feature. `kind` and `price_plan` are empty where no plan has it."""

    feature: str
    kind: str
    allowed: bool
    reason: Reason
    price_plan: str = ""
    value: str = ""
    balance: MeterBalance | None = None


class Holdings(Struct, frozen=True):
    """What the account has, what is held of it by running sessions, its calendar and statuses."""

    balances: Balances
    totals: Accumulators
    time_zone: str
    reserved: dict[str, Decimal] = {}
    statuses: Statuses = ()
    billing: Billing | None = None


def entitlement_of(
    feature: str, plans: Sequence[str], catalog: Catalog, held: Holdings, *, at: Instant
) -> Entitled:
    """The answer about a feature at an instant.

    `plans` are the price plans of the account's service ids at that instant, by when they were
    assigned: of several that have the feature, the one that was assigned last counts.
    """
    found = _by_plans(feature, plans, catalog, held, at)
    status, _ = status_at(held.statuses, at)
    if status == "active" or not found.kind:
        return found
    return replace(found, allowed=False, reason=Reason(status))


def _by_plans(
    feature: str, plans: Sequence[str], catalog: Catalog, held: Holdings, at: Instant
) -> Entitled:
    if not plans:
        return Entitled(feature=feature, kind="", allowed=False, reason=Reason.NO_SERVICE)
    for plan in _newest_first(plans, catalog):
        for entitlement in plan.entitlements:
            if entitlement.id == feature:
                return _answered(entitlement, plan, catalog, held, at)
    return Entitled(feature=feature, kind="", allowed=False, reason=Reason.NOT_ENTITLED)


def entitlements_of(
    plans: Sequence[str], catalog: Catalog, held: Holdings, *, at: Instant
) -> list[Entitled]:
    """The answers about all features of the account's price plans, by name."""
    features = {each.id for plan in _newest_first(plans, catalog) for each in plan.entitlements}
    return [entitlement_of(each, plans, catalog, held, at=at) for each in sorted(features)]


def _newest_first(plans: Sequence[str], catalog: Catalog) -> Iterable[PricePlan]:
    known = {plan.id: plan for plan in catalog.price_plans}
    return [known[name] for name in reversed(plans) if name in known]


def _answered(
    entitlement: Entitlement, plan: PricePlan, catalog: Catalog, held: Holdings, at: Instant
) -> Entitled:
    balance, kind = None, "static" if entitlement.value else "boolean"
    if entitlement.allowance:
        balance, kind = _of_allowance(entitlement, plan, held, at), "metered"
    elif entitlement.accumulator:
        counted = next(each for each in catalog.accumulators if each.id == entitlement.accumulator)
        balance, kind = _of_total(entitlement, counted, held, at), "metered"
    reason = Reason.ENTITLED if balance is None else _judged(balance)
    return Entitled(
        feature=entitlement.id,
        kind=kind,
        allowed=reason != Reason.USED_UP,
        reason=reason,
        price_plan=plan.id,
        value=entitlement.value,
        balance=balance,
    )


def _judged(balance: MeterBalance) -> Reason:
    if balance.unlimited or balance.remaining > 0:
        return Reason.ENTITLED
    return Reason.OVERAGE if balance.overage_allowed else Reason.USED_UP


def _of_allowance(
    entitlement: Entitlement, plan: PricePlan, held: Holdings, at: Instant
) -> MeterBalance:
    """All open buckets of the allowance together.

    What the plan grants for each period is opened by the first use in it: until then it counts as
    it will be.
    """
    name = entitlement.allowance
    buckets = [
        each
        for each in held.balances.buckets
        if each.resource == name and each.start <= at < each.end
    ]
    for grant in plan.grants:
        if grant.allowance == name:
            span = _granted_span(grant, held, at)
            if all(each.id or each.start != span.start for each in buckets):
                buckets.append(Bucket(name, *span, grant.quantity, grant.quantity))
    granted = sum((Decimal(each.granted) for each in buckets), ZERO)
    left = sum((Decimal(each.unused) for each in buckets), ZERO)
    reserved = sum((Decimal(each.reserved) for each in buckets), held.reserved.get(name, ZERO))
    ends = [each.end for each in buckets if each.end != FOREVER]
    return MeterBalance(
        granted=granted,
        used=granted - left,
        reserved=reserved,
        remaining=max(left - reserved, ZERO),
        unlimited=False,
        overage_allowed=entitlement.overage,
        next_reset_at=min(ends, default=None),
    )


def _of_total(
    entitlement: Entitlement, counted: Accumulator, held: Holdings, at: Instant
) -> MeterBalance:
    """What the accumulator has counted in its period; nothing before the first use in it."""
    span = starts_of(counted.period or MONTH, held.time_zone).at(at)
    used = sum(
        (
            Decimal(total)
            for name, start, _, total in held.totals.totals
            if name == counted.id and start == span.start
        ),
        ZERO,
    )
    reserved = held.reserved.get(counted.id, ZERO)
    granted = ZERO if entitlement.limit is None else entitlement.limit
    return MeterBalance(
        granted=granted,
        used=used,
        reserved=reserved,
        remaining=max(granted - used - reserved, ZERO),
        unlimited=entitlement.limit is None,
        overage_allowed=entitlement.overage,
        next_reset_at=span.end,
    )


def _granted_span(grant: Grant, held: Holdings, at: Instant) -> Period:
    """The period that the instant is in, the account's calendar month where none is said."""
    if grant.every == CYCLE:
        unit = (held.billing or CALENDAR).unit_at(at, held.time_zone)
        return Period(unit.start, unit.end)
    return starts_of(grant.every or MONTH, held.time_zone).at(at)
