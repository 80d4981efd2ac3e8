"""A batch of ledger records → the rows of every table that is made from the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.clickhouse.charge_sums import charges_of
from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import Columns, flattened
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
    counter_columns,
    newest_holdings,
)
from connectors.clickhouse.origins import charged_origins, verdict_origins
from connectors.clickhouse.rated import rated_columns
from connectors.clickhouse.steps import StoredStep, place_columns, step_columns
from connectors.clickhouse.totals import Aggregates
from connectors.clickhouse.verdicts import verdict_columns

TableRows = tuple[str, pa.Table]


class LedgerRows:
    """Makes rows out of ledger records, in the ledger's order. Holds the running aggregates."""

    def __init__(self) -> None:
        self._aggregates = Aggregates()

    def rows_of(self, steps: Sequence[StoredStep], database: Database) -> list[TableRows]:
        """The rows of a batch by table; tables without rows are left out.

        Call it once a batch: the aggregates take the batch in. Raises Unavailable (and may then be
        called again with the same batch), Refused.
        """
        rated = flattened(step.frame.rated for step in steps)
        tables: list[tuple[str, Columns]] = []
        if rated:
            columns = rated_columns(rated) | charged_origins(steps)
            columns |= place_columns(steps, [len(step.frame.rated) for step in steps], "rated_at")
            charges = charges_of(rated, columns)
            tables = [
                ("rated", columns),
                *self._aggregates.add(charges, _span(steps), database),
            ]
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
        ("accumulators", accumulator_columns(held["accumulators"])),
        ("counters", counter_columns(held["counters"])),
    ]


def _fact_rows(steps: Sequence[StoredStep]) -> list[tuple[str, Columns]]:
    accounts, services = placed_facts(steps)
    alerts = placed_alerts(steps)
    return [
        ("accounts", account_columns(accounts)),
        ("services", service_columns(services)),
        ("alerts", alert_columns(alerts)),
        ("transfers", transfer_columns(steps)),
    ]
