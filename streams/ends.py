"""Where a record ends that is not charged: its verdict."""

from typing import Final

from streams.model.rated import RecordVerdict
from streams.model.usage import SourcePosition, UsageRecord
from streams.outcome import Drop, Reject, Verdict, verdict_of
from streams.state import Effects, RecordState

_STATE_OF: Final = {
    Verdict.IGNORED: RecordState.IGNORED,
    Verdict.SUSPENDED: RecordState.SUSPENDED,
    Verdict.ERROR: RecordState.ERROR,
}


def duplicate(record: UsageRecord, position: SourcePosition) -> RecordVerdict:
    """The same record came from another position before."""
    return RecordVerdict(Verdict.DUPLICATE, "", "", "", "", position, record)


def refuse(
    record: UsageRecord, position: SourcePosition, refusal: Drop | Reject, effects: Effects
) -> RecordState:
    """Append the verdict of a record that is not charged; the state its id is in from now on."""
    verdict = verdict_of(refusal)
    where = ("", "") if isinstance(refusal, Drop) else (refusal.field, refusal.lacks)
    effects.verdicts.append(
        RecordVerdict(verdict, refusal.reason, refusal.detail, *where, position, record)
    )
    return _STATE_OF[verdict]
