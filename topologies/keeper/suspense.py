"""What a ledger record does to suspense: it opens entries, closes them, and makes others due."""

from collections.abc import Iterator
from typing import Final

import msgspec

from connectors.kafka.avro import decode, encode
from connectors.kafka.codec import ACCOUNTS_OFFSET, TABLE_DECODERS, encode_refused
from connectors.kafka.ledger import ValidRecord
from connectors.kafka.outgoing import refused_by_charging
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import OutgoingMessage
from streams.model.instant import Instant
from streams.model.rated import RecordVerdict
from streams.outcome import Verdict
from streams.state import RecordMark, RecordState, Table
from topologies.keeper.index import ClosedState, Entry, SuspenseIndex

_DAY_BYTES: Final = 4
_CLOSED_BY_MARK: Final[dict[int, ClosedState]] = {
    RecordState.CHARGED: "charged",
    RecordState.IGNORED: "ignored",
    RecordState.ERROR: "error",
}
_CLOSED_BY_VERDICT: Final[dict[str, ClosedState]] = {
    Verdict.ERROR: "error",
    Verdict.IGNORED: "ignored",
    Verdict.DUPLICATE: "duplicate",
}


def suspense_changes(
    valid: ValidRecord, index: SuspenseIndex, *, at: Instant
) -> Iterator[OutgoingMessage]:
    """Take a ledger record into the index; the messages that say so on topic `suspense`.

    Entries are opened before they are closed: a record that was suspended and charged within one
    step ends charged. The marks of record ids come last, since they are what stands after the step;
    they also tell of records released in vain, whose id had found its end before.
    """
    for verdict in valid.record.verdicts:
        if verdict.verdict == Verdict.SUSPENDED:
            refused = refused_by_charging(verdict, valid)
            packed = encode(Topic.SUSPENSE, refused)
            index.open(refused, packed, at=at)
            (opened,) = (e for e in index.entries_of(refused.record_id) if e.packed is packed)
            yield OutgoingMessage(Topic.SUSPENSE, opened.key, packed)
    if not len(index):
        return
    for rated in valid.record.rated:
        closed = index.charged(rated.record.record_id, rated.position)
        if closed is not None:
            yield from _closing(closed, "charged", valid)
    for verdict in valid.record.verdicts:
        yield from _closed_by_verdict(verdict, index, valid)
    for key, value in valid.record.delta:
        if key[0] == Table.RECORD_IDS and value is not None:
            record_id = key[1 + _DAY_BYTES :]
            if index.entries_of(record_id):
                mark = TABLE_DECODERS[Table.RECORD_IDS](value)
                yield from _closed_by_mark(record_id, mark, index, valid)


def _closed_by_verdict(
    verdict: RecordVerdict, index: SuspenseIndex, valid: ValidRecord
) -> Iterator[OutgoingMessage]:
    state = _CLOSED_BY_VERDICT.get(verdict.verdict)
    if state is None or verdict.record is None:
        return
    closed = index.close(verdict.record.record_id, verdict.position)
    if closed is not None:
        yield from _closing(closed, state, valid)


def _closed_by_mark(
    record_id: bytes, mark: RecordMark, index: SuspenseIndex, valid: ValidRecord
) -> Iterator[OutgoingMessage]:
    if mark.state == RecordState.DISCARDED:
        for entry in index.discarded(record_id):
            yield from _closing(entry, "discarded", valid)
        return
    state = _CLOSED_BY_MARK.get(mark.state)
    if state is None:
        return
    for entry in index.entries_of(record_id):
        at = entry.position
        if (at.topic_id, at.partition, at.offset, at.index) == (
            mark.topic_id,
            mark.partition,
            mark.offset,
            mark.index,
        ):
            index.close(record_id, at)
            yield from _closing(entry, state, valid)


def _closing(entry: Entry, state: ClosedState, valid: ValidRecord) -> Iterator[OutgoingMessage]:
    """The entry's last word on topic `suspense`, without the bytes, which stand elsewhere now.

    Then its tombstone. The topic is not compacted before every reader has had days to see the word.
    """
    closed = msgspec.structs.replace(
        decode(Topic.SUSPENSE, entry.packed),
        state=state,
        raw=None,
        headers=(),
        record=None,
        ledger_partition=valid.partition,
        ledger_offset=valid.offset,
    )
    yield OutgoingMessage(Topic.SUSPENSE, entry.key, encode(Topic.SUSPENSE, closed))
    yield OutgoingMessage(Topic.SUSPENSE, entry.key, None)


def release_message(entry: Entry, accounts_offset: int) -> OutgoingMessage:
    """The record on its way through mediation again, with its bytes, position and identity."""
    return OutgoingMessage(
        Topic.RELEASE,
        entry.record_id,
        encode_refused(decode(Topic.SUSPENSE, entry.packed)),
        ((ACCOUNTS_OFFSET, str(accounts_offset).encode()),),
    )
