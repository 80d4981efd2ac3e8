"""Charging a record that is cut where it changes who pays: each part, or none.

The parts are charged in their order, each as a record of its own under the position of the whole.
Where one of them cannot be charged the record waits as the one that it is; parts that have nothing
to charge are left out, and a record of which all are is ignored.
"""

from collections.abc import Callable

from streams.draft import Draft
from streams.model.usage import UsageRecord
from streams.outcome import Drop, Reject
from streams.rate.guide import Elsewhere
from streams.rate.spanning import Cut, parts_of
from streams.state import Effects, State

ChargePart = Callable[[UsageRecord, State, Effects], Elsewhere | Drop | Reject | None]
"""Charges one record, or says why there is no charge."""


def charge_parts(
    record: UsageRecord, cut: Cut, *, charge: ChargePart, state: State, effects: Effects
) -> Elsewhere | Drop | Reject | None:
    """Charge the parts of a record; None: charged, their effects are in."""
    draft, own = Draft(state), Effects()
    dropped: Drop | None = None
    charged = False
    for part in parts_of(record, cut):
        refusal = charge(part, draft, own)
        if refusal is None:
            charged = True
        elif isinstance(refusal, Drop):
            dropped = refusal
        else:
            return refusal
    if not charged:
        return dropped
    draft.keep()
    for made in own.rated:
        effects.make(made, record)
    own.rated, own.causes = [], []
    effects.extend(own)
    return None
