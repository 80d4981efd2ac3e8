"""Which input of a step each charge and verdict came from, so that the input log can be told from
the ledger: a top-up between two records must be folded between them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from streams.model.command import Forwarded, Released, SentOn
from streams.model.usage import UsageBatch, UsageRecord
from streams.state import Effects

UNKNOWN = -1
"""The ordinal of a verdict on something that was no record."""

Origins = tuple[tuple[int, ...], tuple[int, ...]]


def origins_of(
    inputs: Sequence[Sequence[Any]],
    *,
    has_commands: bool,
    charged: Sequence[UsageRecord],
    effects: Effects,
) -> Origins:
    """The ordinals of the inputs behind each charge, and behind each verdict.

    `charged` are the records of the charges. Empty where nothing needs to be told: there is none,
    or all inputs are records and each came to the same end.
    """
    count = sum(map(len, inputs))
    has_made = bool(effects.causes)
    if not has_commands and not has_made and count in (len(charged), len(effects.verdicts)):
        return (), ()
    by_identity: dict[int, int] = {}
    by_record_id: dict[bytes, int] = {}
    for ordinal, record in _records(inputs):
        by_identity[id(record)] = by_record_id[record.record_id] = ordinal
    if has_made:
        _add_made(inputs, effects, by_identity, by_record_id)

    def ordinal_of(record: UsageRecord | None) -> int:
        if record is None:
            return UNKNOWN
        found = by_identity.get(id(record))
        # A released record may have been written anew with the place it was first seen at.
        return by_record_id.get(record.record_id, UNKNOWN) if found is None else found

    return (
        tuple(map(ordinal_of, charged)),
        tuple(ordinal_of(verdict.record) for verdict in effects.verdicts),
    )


def batch_of(command: Any) -> UsageBatch | None:
    """The records that a command carries; None of one that carries none."""
    if isinstance(command, SentOn):
        command = command.command
    return command.batch if isinstance(command, Forwarded | Released) else None


def _add_made(
    inputs: Sequence[Sequence[Any]],
    effects: Effects,
    by_identity: dict[int, int],
    by_record_id: dict[bytes, int],
) -> None:
    """A made charge came from the input at which it fell due, a part from the whole record."""
    by_command = {id(item): ordinal for ordinal, item in enumerate(chain.from_iterable(inputs))}
    for record, cause in effects.causes:
        found = by_command.get(id(cause), by_identity.get(id(cause)))
        if found is None and isinstance(cause, UsageRecord):
            found = by_record_id.get(cause.record_id)
        if found is not None:
            by_identity[id(record)] = found


def _records(inputs: Sequence[Sequence[Any]]) -> Iterator[tuple[int, UsageRecord]]:
    ordinal = 0
    for items in inputs:
        for item in items:
            if isinstance(item, UsageRecord):
                yield ordinal, item
            elif (batch := batch_of(item)) is not None:
                for record in batch.records:
                    yield ordinal, record
            ordinal += 1
