"""Charging a multi-rate record: each child as a record of its own, all of them or none.

Every child sees what the ones before it have left. Where one cannot be charged, the parent cannot,
and waits as the one record it is; a child that has nothing to charge is left out. Where none has
anything, the parent is ignored. So its position ends in exactly one place: its children's charges
stand under it, each by a record id of its own, or one charge of the parent does.
"""

from collections.abc import Callable

from streams.draft import Draft
from streams.model.rated import RatedUsage
from streams.model.usage import UsageRecord
from streams.outcome import Drop, DropReason, Reject
from streams.rate.guide import Elsewhere
from streams.rate.multi_rate import CompiledMultiRate, RatedChildren
from streams.rate.payer import Payer
from streams.state import Effects, State

ChargeChild = Callable[[UsageRecord, State, Effects], Elsewhere | Drop | Reject | None]
"""Charges one record: its charge is the last of the effects, or it says why there is none."""


def charge_children(  # noqa: PLR0913 - a record, what it is charged by, and where that goes
    parent: CompiledMultiRate,
    record: UsageRecord,
    payer: Payer,
    *,
    charge: ChargeChild,
    state: State,
    effects: Effects,
) -> Elsewhere | Drop | Reject | None:
    """Charge the children of a record; None: charged, their effects are in."""
    draft, own, rated = Draft(state), Effects(), RatedChildren()
    dropped: Drop | None = None
    charges: list[RatedUsage] = []
    for number, child in enumerate(parent.children, start=1):
        made = child.record_of(record, payer, number, earlier=rated)
        if isinstance(made, Reject):
            return made
        refusal = charge(made, draft, own)
        if isinstance(refusal, Drop):
            dropped = dropped or refusal
            rated.add(child.usage_type, None)
        elif refusal is not None:
            return refusal
        else:
            found = own.rated.pop()
            rated.add(child.usage_type, found)
            told = parent.told_of(found, number) if parent.invoice_at == "child" else found
            charges.append(told)
    draft.keep()
    effects.alerts += own.alerts
    for fallen_due in own.rated:
        effects.make(fallen_due, record)
    if not charges:
        return dropped or Drop(DropReason.ZERO_USAGE)
    if parent.invoice_at == "parent":
        effects.rated.append(parent.merged(record, charges))
    else:
        for charge_of_child in charges:
            effects.make(charge_of_child, record)
    return None
