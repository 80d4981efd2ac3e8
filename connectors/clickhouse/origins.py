"""Where in `charging[p]` each charge of a step came from: message offset and index."""

from collections.abc import Sequence
from itertools import chain

import pyarrow as pa

from connectors.clickhouse.columns import Columns, integers
from connectors.clickhouse.steps import StoredStep

UNKNOWN = -1
"""The offset and index of a row whose ledger record does not say."""


def _inputs_of(step: StoredStep) -> tuple[list[int], list[int]]:
    """Offset and index of every input of a step, in order."""
    offsets: list[int] = []
    indexes: list[int] = []
    for offset, first, last in step.frame.inputs:
        indexes += range(first, last + 1)
        offsets += [offset] * (last + 1 - first)
    return offsets, indexes


def _origins_of(
    step: StoredStep, count: int, ordinals: Sequence[int]
) -> tuple[Sequence[int], Sequence[int]]:
    offsets, indexes = _inputs_of(step)
    if ordinals:
        # What the ledger record cannot tell is the last of these: `UNKNOWN` as an ordinal.
        offsets.append(UNKNOWN)
        indexes.append(UNKNOWN)
        return [offsets[at] for at in ordinals], [indexes[at] for at in ordinals]
    if len(offsets) == count:
        return offsets, indexes
    return [UNKNOWN] * count, [UNKNOWN] * count


def charged_origins(steps: Sequence[StoredStep]) -> Columns:
    """Columns for the charges of these steps."""
    return _columns(
        [_origins_of(step, step.frame.charges, step.frame.origins[0]) for step in steps]
    )


def verdict_origins(steps: Sequence[StoredStep]) -> Columns:
    """Columns for the verdicts of these steps."""
    return _columns(
        [_origins_of(step, len(step.frame.verdicts), step.frame.origins[1]) for step in steps]
    )


def _columns(found: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Columns:
    return {
        "charging_offset": integers(list(chain.from_iterable(pair[0] for pair in found))),
        "charging_index": integers(
            list(chain.from_iterable(pair[1] for pair in found)), pa.int32()
        ),
    }
