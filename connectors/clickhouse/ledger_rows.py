"""A batch of ledger records → the rows of every table that is made from the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from connectors.clickhouse.caps import cap_columns
from connectors.clickhouse.charge_sums import GroupedCharges, Grouping
from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import Columns, chunked, flattened
from connectors.clickhouse.commands import command_columns, requests_of
from connectors.clickhouse.decisions import decision_columns
from connectors.clickhouse.facts import (
    account_columns,
    alert_columns,
    placed_alerts,
    placed_facts,
    service_columns,
    transfer_columns,
)
from connectors.clickhouse.holdings import (
    accumulator_columns,
    balance_columns,
    billed_unit_columns,
    counter_columns,
    newest_holdings,
    tally_columns,
)
from connectors.clickhouse.origins import charged_origins, verdict_origins
from connectors.clickhouse.rated import rated_columns
from connectors.clickhouse.session_commands import session_command_columns
from connectors.clickhouse.steps import StoredStep, place_columns, step_columns
from connectors.clickhouse.totals import HOUR_S, Aggregates
from connectors.clickhouse.verdicts import verdict_columns

TableRows = tuple[str, pa.Table]

PORTION_CHARGES: Final = 250
"""Charges unpacked at once: so few are still in the processor's cache when their columns are made,
which takes a quarter less time than with a whole batch."""


class LedgerRows:
    """Makes rows out of ledger records, in the ledger's order. Holds the running aggregates."""

    def __init__(self) -> None:
        self._aggregates = Aggregates()

    def rows_of(self, steps: Sequence[StoredStep], database: Database) -> list[TableRows]:
        """The rows of a batch by table; tables without rows are left out.

        Call it once a batch: the aggregates take the batch in. Raises Unavailable (and may then be
        called again with the same batch), Refused.
        """
        tables: list[tuple[str, Columns]] = []
        if any(step.frame.charges for step in steps):
            columns, charges = _charge_rows(steps)
            tables = [("rated", columns), *self._aggregates.add(charges, _span(steps), database)]
        tables += _verdict_rows(steps)
        tables += _holding_rows(steps)
        tables += _fact_rows(steps)
        tables.append(("steps", step_columns(steps)))
        made = [(name, pa.table(columns)) for name, columns in tables]
        return [(name, rows) for name, rows in made if rows.num_rows]


def _span(steps: Sequence[StoredStep]) -> Mapping[int, tuple[int, int]]:
    span: dict[int, tuple[int, int]] = {}
    for step in steps:
        first, _ = span.get(step.partition, (step.offset, 0))
        span[step.partition] = (first, step.offset)
    return span


def _charge_rows(steps: Sequence[StoredStep]) -> tuple[Columns, GroupedCharges]:
    grouping = Grouping(seconds=HOUR_S)
    parts: list[Columns] = []
    for portion in _portions(steps):
        rows = [step.frame.charge_rows() for step in portion]
        for step, charges in zip(portion, rows, strict=True):
            grouping.add(step.partition, charges)
        parts.append(rated_columns(flattened(rows)))
    columns = chunked(parts) | charged_origins(steps)
    columns |= place_columns(steps, [step.frame.charges for step in steps], "rated_at")
    return columns, GroupedCharges(grouping.groups, grouping.numbers, columns=columns)


def _portions(steps: Sequence[StoredStep]) -> Iterator[Sequence[StoredStep]]:
    """The steps in runs of about `PORTION_CHARGES`."""
    begin = charges = 0
    for end, step in enumerate(steps, start=1):
        charges += step.frame.charges
        if charges >= PORTION_CHARGES or end == len(steps):
            yield steps[begin:end]
            begin, charges = end, 0


def _verdict_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    verdicts: list[list[Any]] = flattened(step.frame.verdicts for step in steps)
    if not verdicts:
        return []
    columns = verdict_columns(verdicts) | verdict_origins(steps)
    places = place_columns(steps, [len(step.frame.verdicts) for step in steps], "judged_at")
    return [("verdicts", columns | places)]


def _holding_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    held = newest_holdings(steps)
    return [
        ("balances", balance_columns(held["balances"])),
        (
            "accumulators",
            chunked([accumulator_columns(held["accumulators"]), tally_columns(held["tallies"])]),
        ),
        ("counters", counter_columns(held["counters"])),
        ("shared_caps", cap_columns(held["caps"])),
        ("billed_units", billed_unit_columns(held["billed_units"])),
    ]


def _fact_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    accounts, services = placed_facts(steps)
    alerts = placed_alerts(steps)
    return [
        ("accounts", account_columns(accounts)),
        ("services", service_columns(services)),
        ("alerts", alert_columns(alerts)),
        *_decision_rows(steps),
        *_session_command_rows(steps),
        ("transfers", transfer_columns(steps)),
        ("commands", command_columns(requests_of(steps))),
    ]


def _decision_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    if not any(step.frame.decisions for step in steps):
        return []
    return [("decisions", decision_columns(steps))]


def _session_command_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    if not any(step.frame.signals for step in steps):
        return []
    return [("session_commands", session_command_columns(steps))]
