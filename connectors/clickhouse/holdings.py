"""What accounts hold and the counter-accounts' totals, out of a step's state delta.

Every row is absolute: of a batch only the newest value of a key is written, and of what is stored
the highest `through` wins.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from connectors.clickhouse.columns import (
    MILLISECOND,
    Columns,
    bounds,
    decimals,
    flattened,
    integers,
    lists,
    strings,
    transposed,
    truths,
    word_lists,
)
from connectors.clickhouse.steps import StoredStep
from streams.model.account import Bucket
from streams.state import Table

_KEPT = {
    int(Table.BALANCES): "balances",
    int(Table.ACCUMULATORS): "accumulators",
    int(Table.TALLIES): "tallies",
    int(Table.COUNTERS): "counters",
    int(Table.CAP_SLICES): "caps",
    int(Table.BILLED_UNITS): "billed_units",
}
_STORED = 8
_RESERVED = Bucket.__struct_fields__.index("reserved")
"""Where a bucket tells what is set aside of it."""
"""So many fields of a bucket are told, its first ones."""
_decode = msgspec.msgpack.Decoder().decode


class Held(NamedTuple):
    """The newest value of a key in a batch, None where it was deleted, and the step it is from."""

    value: bytes | None
    step: StoredStep


def newest_holdings(steps: Sequence[StoredStep]) -> dict[str, dict[tuple[int, bytes], Held]]:
    """By table: the newest value of each (partition, key) that these steps put or deleted."""
    found: dict[str, dict[tuple[int, bytes], Held]] = {name: {} for name in _KEPT.values()}
    by_number = {number: found[name] for number, name in _KEPT.items()}
    for step in reversed(steps):
        partition = step.partition
        for key, value in reversed(step.frame.delta):
            newest = by_number.get(key[0])
            if newest is not None and (partition, key) not in newest:
                newest[partition, key] = Held(value, step)
    return found


def balance_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `balances`."""
    buckets, thresholds, due = _values_of(held, ([], [], 0))
    told = [_told(bucket) for bucket in flattened(buckets)]
    resources, starts, ends, granted, remaining, ids, priorities, products, reserved = transposed(
        told, _STORED + 1
    )
    names, periods = transposed(flattened(thresholds), 2)
    bucket = {
        "resource": strings(resources),
        "period_start": bounds(starts),
        "period_end": bounds(ends),
        "granted": decimals(granted, "balances.granted"),
        "remaining": decimals(remaining, "balances.remaining"),
        "id": strings(ids),
        "priority": integers(priorities),
        "products": word_lists(products),
        "reserved": decimals(reserved, "balances.reserved"),
    }
    return {
        **_keys_of(held, ("tenant", "account")),
        **lists(map(len, buckets), bucket, "buckets"),
        **lists(
            map(len, thresholds),
            {"threshold": strings(names), "period_start": bounds(periods)},
            "thresholds",
        ),
        "due_at": bounds(due),
    }


def _told(bucket: Sequence[Any]) -> Sequence[Any]:
    """What is told of a bucket; those of earlier engines had no id."""
    if len(bucket) < _STORED:
        return (*bucket, "", 0, (), 0)
    return (*bucket[:_STORED], bucket[_RESERVED] if len(bucket) > _RESERVED else 0)


def accumulator_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `accumulators` for sums by periods: one an account."""
    (totals,) = _values_of(held, ([],))
    columns = _keys_of(held, ("tenant", "account"))
    count = len(held)
    return {
        **columns,
        **_total_lists(totals),
        "tally": strings([""] * count),
        "aggregate": strings(["sum"] * count),
    }


def tally_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `accumulators` for all others: one each."""
    totals, counted, _spans, _closes_at = _values_of(held, ([], ("", ""), [], 0))
    return {
        **_keys_of(held, ("tenant", "account", "tally")),
        **_total_lists(totals),
        "aggregate": strings([aggregate for aggregate, _window in counted]),
    }


def _total_lists(totals: Sequence[Sequence[Any]]) -> Columns:
    names, starts, ends, amounts = transposed(flattened(totals), 4)
    entry = {
        "accumulator": strings(names),
        "period_start": bounds(starts),
        "period_end": bounds(ends),
        "total": decimals(amounts, "accumulators.total"),
    }
    return lists(map(len, totals), entry, "totals")


def counter_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `counters`."""
    totals = [0 if kept.value is None else _decode(kept.value) for kept in held.values()]
    return {
        **_keys_of(held, ("tenant", "ledger_account", "resource")),
        "total": decimals(totals, "counters.total"),
    }


def billed_unit_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `billed_units`: one an account."""
    (units,) = _values_of(held, ([],))
    starts, ends, invoices, times = transposed(flattened(units), 4)
    entry = {
        "start_at": bounds(starts),
        "end_at": bounds(ends),
        "invoice": strings(invoices),
        "billed_at": bounds(times),
    }
    return {
        **_keys_of(held, ("tenant", "account")),
        **lists(map(len, units), entry, "units"),
    }


def _values_of(
    held: Mapping[tuple[int, bytes], Held], nothing: tuple[Any, ...]
) -> Sequence[Sequence[Any]]:
    """The fields of each value, as columns."""
    values = [nothing if kept.value is None else _decode(kept.value) for kept in held.values()]
    return transposed(values, len(nothing))


def _keys_of(held: Mapping[tuple[int, bytes], Held], names: tuple[str, ...]) -> Columns:
    parts = transposed([key[1:].decode().split("\0") for _, key in held], len(names))
    steps = [kept.step for kept in held.values()]
    return {
        **{name: strings(part) for name, part in zip(names, parts, strict=True)},
        "ledger_partition": integers([partition for partition, _ in held], pa.uint32()),
        "is_deleted": truths([kept.value is None for kept in held.values()]),
        "changed_at": pa.array([step.written_at_ms for step in steps], MILLISECOND),
        "through": integers([step.offset for step in steps], pa.uint64()),
    }
