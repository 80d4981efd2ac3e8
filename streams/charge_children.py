"""Charging a multi-rate record: each child as a record of its own, all of them or none.

Every child sees what the ones before it have left. Where one cannot be charged, the parent cannot,
and waits as the one record it is; a child that has nothing to charge is left out. Where none has
anything, the parent is ignored. So its position ends in exactly one place: its children's charges
stand under it, each by a record id of its own, or one charge of the parent does.
"""

from collections.abc import Callable

from streams.draft import Draft
from streams.model.account import Account
from streams.model.usage import UsageRecord
from streams.outcome import Drop, DropReason, Reject
from streams.rate.multi_rate import CompiledMultiRate, RatedChildren
from streams.state import Effects, State

ChargeChild = Callable[[UsageRecord, State, Effects], Drop | Reject | None]
"""Charges one record: its charge is the last of the effects, or it says why there is none."""


def charge_children(  # noqa: PLR0913 - a record, what it is charged by, and where that goes
    parent: CompiledMultiRate,
    record: UsageRecord,
    account: Account,
    *,
    charge: ChargeChild,
    state: State,
    effects: Effects,
) -> Drop | Reject | None:
    """Charge the children of a record; None: charged, their effects are in."""
    draft, own, rated = Draft(state), Effects(), RatedChildren()
    dropped: Drop | None = None
    for number, child in enumerate(parent.children, start=1):
        made = child.record_of(record, account, number, earlier=rated)
        if isinstance(made, Reject):
            return made
        refusal = charge(made, draft, own)
        if isinstance(refusal, Reject):
            return refusal
        if refusal is None:
            rated.add(child.usage_type, own.rated[-1])
            if parent.invoice_at == "child":
                own.rated[-1] = parent.told_of(own.rated[-1], number)
        else:
            dropped = dropped or refusal
            rated.add(child.usage_type, None)
    draft.keep()
    effects.alerts += own.alerts
    if not own.rated:
        return dropped or Drop(DropReason.ZERO_USAGE)
    if parent.invoice_at == "parent":
        effects.rated.append(parent.merged(record, own.rated))
    else:
        for charge_of_child in own.rated:
            effects.make(charge_of_child, record)
    return None
