"""Sums of a batch's charges by group and period, before they are added to stored totals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.clickhouse.columns import Column, Columns, integers, scaled_ints

Group = tuple[int, int, str, str, str, str, str, str]
"""(ledger partition, start of the period in seconds, tenant, account, product, usage type, zone,
currency)."""


@dataclass(slots=True)
class Charges:
    """What the sums need of a batch's charges, a value each in every column."""

    partitions: Sequence[int]
    offsets: Sequence[int]
    occurred_at: Sequence[int]
    names: Sequence[Sequence[str]]
    """Tenants, accounts, products, usage types, zones, currencies."""
    amounts: Column
    units: Column
    """A list of units each."""
    quantities: Column
    """The list of quantities that go with them."""


@dataclass(slots=True)
class Sum:
    """What one group got; amounts are whole numbers of 10⁻¹²."""

    records: int
    amount: int
    quantities: dict[str, int] = field(default_factory=dict)


def charges_of(rows: Sequence[Sequence[Any]], columns: Columns) -> Charges:
    """The charges of `RatedUsage`s as msgpack lists, whose columns are made already."""
    records = [row[0] for row in rows]
    return Charges(
        partitions=columns["ledger_partition"].to_pylist(),
        offsets=columns["ledger_offset"].to_pylist(),
        occurred_at=[record[10] for record in records],
        names=(
            [record[1] for record in records],
            [row[2] for row in rows],
            [row[6] for row in rows],
            [record[7] for record in records],
            [row[9] for row in rows],
            [row[7] for row in rows],
        ),
        amounts=columns["amount"],
        units=columns["usages.unit"],
        quantities=columns["usages.quantity"],
    )


class GroupedCharges:
    """The charges of a batch, each assigned to its group of one grain (`seconds` a period)."""

    def __init__(self, charges: Charges, *, seconds: int) -> None:
        span = seconds * 1_000_000
        starts = [instant // span * seconds for instant in charges.occurred_at]
        numbers: dict[Group, int] = {}
        self._numbers = [
            numbers.setdefault(group, len(numbers))
            for group in zip(charges.partitions, starts, *charges.names, strict=True)
        ]
        self.groups: list[Group] = list(numbers)
        self._charges = charges

    def sums(self, through: Sequence[int] | None = None) -> dict[Group, Sum]:
        """The sum of each group, without charges at or below the group's offset in `through`."""
        charges, numbers = self._charges, self._numbers
        amounts, units, quantities = charges.amounts, charges.units, charges.quantities
        if through is not None:
            kept = [
                offset > through[number]
                for offset, number in zip(charges.offsets, numbers, strict=True)
            ]
            if not all(kept):
                numbers = list(compress(numbers, kept))
                mask = pa.array(kept)
                amounts, units, quantities = (
                    column.filter(mask) for column in (amounts, units, quantities)
                )
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


def _ints(column: Any) -> list[int]:
    return scaled_ints(column.combine_chunks())


def coarser(sums: dict[Group, Sum], *, seconds: int) -> dict[Group, Sum]:
    """The same sums by longer periods."""
    found: dict[Group, Sum] = {}
    for group, part in sums.items():
        key = (group[0], group[1] // seconds * seconds, *group[2:])
        total = found.get(key)
        if total is None:
            total = found[key] = Sum(0, 0)
        total.records += part.records
        total.amount += part.amount
        for unit, quantity in part.quantities.items():
            total.quantities[unit] = total.quantities.get(unit, 0) + quantity
    return found
