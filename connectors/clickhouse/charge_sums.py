"""Sums of a batch's charges by group and period, before they are added to stored totals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.clickhouse.columns import Column, Columns, integers, scaled_ints

Group = tuple[int, int, str, str, str, str, str, str, int]
"""(ledger partition, start of the period in seconds, tenant, account, product, usage type, zone,
currency, bill unit)."""


@dataclass(slots=True)
class Sum:
    """What one group got; amounts are whole numbers of 10⁻¹²."""

    records: int
    amount: int
    quantities: dict[str, int] = field(default_factory=dict)


class Grouping:
    """Assigns charges to their groups of one grain (`seconds` a period), in the order they come."""

    def __init__(self, *, seconds: int) -> None:
        self.numbers: list[int] = []
        """A charge's group, by its place among the groups."""
        self._seconds = seconds
        self._places: defaultdict[Group, int] = defaultdict()
        self._places.default_factory = self._places.__len__

    def add(self, partition: int, rows: Sequence[Sequence[Any]]) -> None:
        """Take in `RatedUsage`s of one ledger partition, as msgpack lists."""
        places, seconds = self._places, self._seconds
        span = seconds * 1_000_000
        self.numbers += [
            # Tenant, usage type and time are the record's.
            places[
                partition,
                row[0][10] // span * seconds,
                row[0][1],
                row[2],
                row[6],
                row[0][7],
                row[9],
                row[7],
                row[17],
            ]
            for row in rows
        ]

    @property
    def groups(self) -> list[Group]:
        """The groups, in the order in which they came."""
        return list(self._places)


class GroupedCharges:
    """The charges of a batch, each assigned to its group."""

    def __init__(
        self, groups: Sequence[Group], numbers: Sequence[int], *, columns: Columns
    ) -> None:
        """`numbers` gives each charge's place in `groups`; `columns` are those of `rated`."""
        self.groups = groups
        self._numbers = numbers
        self._columns = {
            name: _whole(columns[name])
            for name in ("amount", "usages.unit", "usages.quantity", "ledger_offset")
        }

    def coarser(self, *, seconds: int) -> "GroupedCharges":
        """The same charges by longer periods."""
        places: dict[Group, int] = {}
        numbers = [places.setdefault(_within(group, seconds), len(places)) for group in self.groups]
        return GroupedCharges(
            list(places), [numbers[number] for number in self._numbers], columns=self._columns
        )

    def sums(self, through: Sequence[int] | None = None) -> dict[Group, Sum]:
        """The sum of each group, without charges at or below the group's offset in `through`."""
        numbers = self._numbers
        columns = [self._columns[name] for name in ("amount", "usages.unit", "usages.quantity")]
        if through is not None:
            offsets = self._columns["ledger_offset"].to_pylist()
            kept = [
                offset > through[number] for offset, number in zip(offsets, numbers, strict=True)
            ]
            numbers = list(compress(numbers, kept))
            columns = [column.filter(pa.array(kept)) for column in columns]
        amounts, units, quantities = columns
        return self._summed(integers(numbers, pa.int32()), amounts, (units, quantities))

    def _summed(
        self, numbers: Column, amounts: Column, usages: tuple[Column, Column]
    ) -> dict[Group, Sum]:
        rows = pa.table({"group": numbers, "amount": amounts})
        totals = rows.group_by("group").aggregate([("amount", "sum"), ("amount", "count")])
        found = {
            number: Sum(records, amount)
            for number, records, amount in zip(
                totals["group"].to_pylist(),
                totals["amount_count"].to_pylist(),
                _ints(totals["amount_sum"]),
                strict=True,
            )
        }
        for number, unit, quantity in _by_unit(numbers, *usages):
            found[number].quantities[unit] = quantity
        return {self.groups[number]: total for number, total in found.items()}


def _by_unit(numbers: Column, units: Column, quantities: Column) -> Iterable[tuple[int, str, int]]:
    owners = pc.take(numbers, pc.list_parent_indices(units))
    rows = pa.table({"group": owners, "unit": units.flatten(), "quantity": quantities.flatten()})
    totals = rows.group_by(["group", "unit"]).aggregate([("quantity", "sum")])
    return zip(
        totals["group"].to_pylist(),
        totals["unit"].to_pylist(),
        _ints(totals["quantity_sum"]),
        strict=True,
    )


def _whole(column: Column) -> Column:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _ints(column: Any) -> list[int]:
    return scaled_ints(column.combine_chunks())


def coarser(sums: dict[Group, Sum], *, seconds: int) -> dict[Group, Sum]:
    """The same sums by longer periods."""
    found: dict[Group, Sum] = {}
    for group, part in sums.items():
        key = _within(group, seconds)
        total = found.get(key)
        if total is None:
            total = found[key] = Sum(0, 0)
        total.records += part.records
        total.amount += part.amount
        for unit, quantity in part.quantities.items():
            total.quantities[unit] = total.quantities.get(unit, 0) + quantity
    return found


def _within(group: Group, seconds: int) -> Group:
    """The group of longer periods that this one is part of."""
    return (group[0], group[1] // seconds * seconds, *group[2:])
