"""What falls due between customers and their partners: totals that are final go their way.

A customer's home tells what was brought once the period is closed there. The partner's home waits
longer, until all homes have told, and settles: commissions, and the tier that they lead to.
"""

from typing import NamedTuple

from streams import outbox
from streams.accumulate.partner_totals import plus, without
from streams.due.commission import give_tier, make_commission
from streams.due.made import last_of
from streams.due.moment import AccountMoment
from streams.model.account import Accumulators
from streams.model.billing_period import period_at
from streams.model.command import PartnerVolume
from streams.model.commission import ZONE, CommissionPlan, PartnerTotal, partner_total
from streams.model.instant import Instant, Period
from streams.model.money import Quantity
from streams.model.partner import Partner
from streams.partition import partition_of
from streams.state import Table


class Waiting(NamedTuple):
    """A total of a partner, and when it is due: told where it was brought, settled where summed."""

    due: Instant
    total: PartnerTotal
    period: Period
    quantity: Quantity


def waiting_totals(at: AccountMoment) -> list[Waiting]:
    """The totals of partners that the account has."""
    held: Accumulators | None = at.state.get(Table.ACCUMULATORS, at.key)
    found: list[Waiting] = []
    for name, start, end, quantity in () if held is None else held.totals:
        total = partner_total(name)
        if total is not None:
            terms = _terms(total, end, at)
            wait = at.grace if total.is_brought or terms is None else terms.settled_after
            found.append(Waiting(end + wait, total, Period(start, end), quantity))
    return found


def finish(waiting: Waiting, at: AccountMoment) -> bool:
    """Tell or settle a total, which is gone then; False where that cannot be done yet."""
    is_done = _tell(waiting, at) if waiting.total.is_brought else _settle(waiting, at)
    if is_done:
        held: Accumulators = at.state.get(Table.ACCUMULATORS, at.key)
        left = without(held, waiting.total.name, waiting.period.start)
        at.state.put(Table.ACCUMULATORS, at.key, _followed(waiting, left, at))
    return is_done


def _tell(waiting: Waiting, at: AccountMoment) -> bool:
    """Send the customer's part to the home of the partner's account."""
    total, (start, end) = waiting.total, waiting.period
    partner = _partner(total, end, at)
    if partner is None:
        return False
    tenant, customer = at.account.tenant, at.account.account

    def volume(place: str, number: int) -> PartnerVolume:
        return PartnerVolume(
            f"volume:{at.partition}:{place}",
            at.partition,
            number,
            tenant,
            partner.account,
            partner.id,
            total.plan,
            customer,
            start,
            end,
            waiting.quantity,
        )

    home = partition_of(tenant, partner.account, at.partitions)
    outbox.relay(volume, receiver=home, state=at.state, effects=at.effects)
    return True


def _settle(waiting: Waiting, at: AccountMoment) -> bool:
    total, period = waiting.total, waiting.period
    terms, partner = _terms(total, period.end, at), _partner(total, period.end, at)
    if terms is None or partner is None:
        return False
    if not make_commission(terms, partner, period, waiting.quantity, at):
        return False
    give_tier(terms, partner, period.end, waiting.quantity, at)
    return True


def _followed(waiting: Waiting, left: Accumulators, at: AccountMoment) -> Accumulators:
    """A partner's next period begins with nothing: one without any volume is settled too."""
    total, end = waiting.total, waiting.period.end
    terms = at.plan_at(end).commissions.plans.get(total.plan)
    if total.is_brought or terms is None:
        return left
    return plus(left, total.name, period_at(end, terms.every, ZONE), 0)


def _terms(total: PartnerTotal, end: Instant, at: AccountMoment) -> CommissionPlan | None:
    """The commission plan as it was when the period ended; else as any version has it."""
    for version in at.versions_from(last_of(end)):
        found = at.plans[version].commissions.plans.get(total.plan)
        if found is not None:
            return found
    return None


def _partner(total: PartnerTotal, end: Instant, at: AccountMoment) -> Partner | None:
    """The partner, with an account, by the same versions."""
    for version in at.versions_from(last_of(end)):
        found = at.plans[version].commissions.partners.get(total.partner)
        if found is not None and found.account:
            return found
    return None
