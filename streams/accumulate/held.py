"""Units that stay, once the record that changed them is charged."""

from msgspec.structs import replace

from streams.due.agenda import fall_due
from streams.model.account import Fees, RunningFee, ServiceAssignment
from streams.rate.payer import Payer
from streams.rate.rating import Rating
from streams.state import Table


def keep_held(rating: Rating) -> None:
    """Put what is held now; it falls due where what has been charged of it ends."""
    holding, state, key = rating.holding, rating.state, rating.payer.key
    if holding is None or holding.running is None or state is None:
        return
    after = holding.running
    fees: Fees = state.get(Table.FEES, key) or Fees()
    kept = tuple(after if _is_same(each, after) else each for each in fees.running)
    if after not in kept:
        kept = (*kept, after)
    state.put(Table.FEES, key, Fees(_passed_on(kept, after, rating.payer)))
    fall_due(key, after.until, state)


def _passed_on(
    fees: tuple[RunningFee, ...], after: RunningFee, payer: Payer
) -> tuple[RunningFee, ...]:
    """Assignments of the account that are known to take over will begin with what is held now."""
    assignments = {each.start: each for each in payer.service.assignments}
    while (assignment := assignments.get(after.end)) is not None:
        if assignment.account != payer.account.account or assignment.start == after.start:
            break
        after = taken_over(after, assignment, payer.service.version)
        known = tuple(after if _is_same(each, after) else each for each in fees)
        fees = known if after in known else (*known, after)
    return fees


def taken_over(held: RunningFee, assignment: ServiceAssignment, version: int) -> RunningFee:
    """The same units under the assignment that takes over; nothing is charged of it yet."""
    return replace(
        held,
        subscription=assignment.subscription,
        price_plan=assignment.price_plan,
        start=assignment.start,
        end=assignment.end,
        until=assignment.start,
        opened=version,
    )


def _is_same(before: RunningFee, after: RunningFee) -> bool:
    return (
        before.held is not None
        and after.held is not None
        and before.held.attributes == after.held.attributes
        and (before.service_id, before.fee, before.price_plan, before.start)
        == (after.service_id, after.fee, after.price_plan, after.start)
    )
