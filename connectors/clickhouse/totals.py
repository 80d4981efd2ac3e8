"""Aggregates: absolute totals by period and group, exact over any repeat of an insert.

A row's total holds every charge of its group up to ledger offset `through` of one partition. After
a restart the rows of the periods a batch touches are read back, and charges at or below a row's
`through` are left out: they are in it already. So neither a batch inserted twice nor one that was
cut in the middle by a crash counts twice, and no table carries money by increments.

A window (a partition's period) is read whole when it is first touched and kept while it is used,
so that later batches ask the database nothing.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from connectors.clickhouse.charge_sums import Group, GroupedCharges, Sum, coarser
from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import (
    SECOND,
    Columns,
    bounds,
    flattened,
    integers,
    scaled_decimals,
    strings,
    transposed,
)
from streams.model.money import CONTEXT

HOUR_S: Final = 3600
DAY_S: Final = 86_400

GROUPS_MAX: Final = 1_000_000
"""Groups one table keeps in memory before its least recently used windows are let go."""

_NAMES: Final = ("tenant", "account", "product", "usage_type", "zone", "currency")
_LOAD = """
SELECT
    ledger_partition, toUnixTimestamp(period), tenant, account, product, usage_type, zone,
    currency, toUnixTimestamp64Micro(bill_unit), records, amount, quantities, through
FROM {table:Identifier} FINAL
WHERE tenant IN {tenants:Array(String)}
    AND period IN {periods:Array(DateTime('UTC'))}
    AND ledger_partition IN {partitions:Array(UInt32)}
"""

Window = tuple[int, int, str]
"""(ledger partition, start of the period in seconds, tenant)."""


@dataclass(slots=True)
class Total:
    """What a group holds up to `through`; amounts are whole numbers of 10⁻¹²."""

    records: int = 0
    amount: int = 0
    quantities: dict[str, int] = field(default_factory=dict)
    through: int = -1

    def add(self, part: Sum, through: int) -> None:
        """Take in what a batch adds."""
        self.records += part.records
        self.amount += part.amount
        for unit, quantity in part.quantities.items():
            self.quantities[unit] = self.quantities.get(unit, 0) + quantity
        self.through = through


class Totals:
    """The totals of one table, as far as they are in memory."""

    def __init__(self, table: str, *, seconds: int, groups_max: int = GROUPS_MAX) -> None:
        self.table = table
        self.seconds = seconds
        self._groups_max = groups_max
        self._windows: OrderedDict[Window, dict[Group, Total]] = OrderedDict()
        self._stored: dict[Window, int] = {}
        """The highest `through` that a window held when it was read."""

    def open(
        self, windows: Iterable[Window], begins: Mapping[int, int], database: Database
    ) -> bool:
        """Have these windows in memory; True where a batch from `begins` on may be in them already.

        `begins[p]` is the offset of the batch's first ledger record of partition p.
        """
        wanted = set(windows)
        missing = wanted - self._windows.keys()
        if missing:
            self._load(missing, database)
        for window in wanted:
            self._windows.move_to_end(window)
        self._forget(len(wanted))
        return any(self._stored.get(window, -1) >= begins[window[0]] for window in wanted)

    def through(self, group: Group) -> int:
        """The ledger offset up to which the group is summed, -1 for none."""
        total = self._windows[group[:3]].get(group)
        return -1 if total is None else total.through

    def add(self, sums: Mapping[Group, Sum], ends: Mapping[int, int]) -> Columns:
        """Add a batch that ends at `ends` by partition; the rows that changed."""
        changed: list[tuple[Group, Total]] = []
        for group, part in sums.items():
            window = self._windows[group[:3]]
            total = window.get(group)
            if total is None:
                total = window[group] = Total()
            total.add(part, max(total.through, ends[group[0]]))
            changed.append((group, total))
        return _columns(changed)

    def _load(self, missing: set[Window], database: Database) -> None:
        partitions, periods, tenants = (sorted(set(part)) for part in zip(*missing, strict=True))
        parameters = {
            "table": self.table,
            "tenants": tenants,
            "periods": [datetime.fromtimestamp(period, UTC) for period in periods],
            "partitions": partitions,
        }
        rows = database.query(_LOAD, parameters)
        self._windows.update((window, {}) for window in missing)
        for *group, records, amount, quantities, through in rows:
            window = (group[0], group[1], group[2])
            if window in missing:
                self._stored[window] = max(through, self._stored.get(window, -1))
                self._windows[window][tuple(group)] = Total(
                    records,
                    _scaled(amount),
                    {unit: _scaled(quantity) for unit, quantity in quantities.items()},
                    through,
                )

    def _forget(self, needed: int) -> None:
        held = sum(map(len, self._windows.values()))
        while held > self._groups_max and len(self._windows) > needed:
            window, groups = self._windows.popitem(last=False)
            self._stored.pop(window, None)
            held -= len(groups)


class Aggregates:
    """Totals by hour and by day."""

    def __init__(self) -> None:
        self._hours = Totals("charges_by_hour", seconds=HOUR_S)
        self._days = Totals("charges_by_day", seconds=DAY_S)

    def add(
        self, hourly: GroupedCharges, span: Mapping[int, tuple[int, int]], database: Database
    ) -> list[tuple[str, Columns]]:
        """Add a batch's charges, by hour; the changed rows by table. Raises Unavailable, Refused.

        `span[p]` are the offsets of the batch's first and last ledger record of partition p. What
        raises leaves the totals as they were.
        """
        begins = {partition: first for partition, (first, _) in span.items()}
        ends = {partition: last for partition, (_, last) in span.items()}
        windows = {group[:3] for group in hourly.groups}
        days = {(at[0], at[1] // DAY_S * DAY_S, at[2]) for at in windows}
        is_hour_stored = self._hours.open(windows, begins, database)
        is_day_stored = self._days.open(days, begins, database)
        sums = hourly.sums(_throughs(self._hours, hourly) if is_hour_stored else None)
        if is_hour_stored or is_day_stored:
            daily = hourly.coarser(seconds=DAY_S)
            day_sums = daily.sums(_throughs(self._days, daily))
        else:
            day_sums = coarser(sums, seconds=DAY_S)
        return [
            (self._hours.table, self._hours.add(sums, ends)),
            (self._days.table, self._days.add(day_sums, ends)),
        ]


def _throughs(totals: Totals, charges: GroupedCharges) -> list[int]:
    return [totals.through(group) for group in charges.groups]


def _scaled(amount: Any) -> int:
    return int(CONTEXT.scaleb(amount, 12))


def _columns(changed: list[tuple[Group, Total]]) -> Columns:
    keys = transposed([group for group, _ in changed], 3 + len(_NAMES))
    totals = [total for _, total in changed]
    quantities = [list(total.quantities.items()) for total in totals]
    units, amounts = transposed(flattened(quantities), 2)
    offsets = [0]
    for pairs in quantities:
        offsets.append(offsets[-1] + len(pairs))
    return {
        "ledger_partition": integers(keys[0], pa.uint32()),
        "period": pa.array(keys[1], SECOND),
        **{name: strings(column) for name, column in zip(_NAMES, keys[2:-1], strict=True)},
        "bill_unit": bounds(keys[-1]),
        "records": integers([total.records for total in totals], pa.uint64()),
        "amount": scaled_decimals([total.amount for total in totals], "total of a group"),
        "quantities": pa.MapArray.from_arrays(
            pa.array(offsets, pa.int32()), strings(units), scaled_decimals(amounts, "quantity")
        ),
        "through": integers([total.through for total in totals], pa.uint64()),
    }
