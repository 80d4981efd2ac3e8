"""What the engine says: read from ClickHouse as any client would."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import clickhouse_connect

from connectors.settings import ClickHouseSettings
from tests.exactness.recompute import PeriodKey, Total


class Stored:
    """The levels of one database, as plain values."""

    def __init__(self, settings: ClickHouseSettings) -> None:
        self._client = clickhouse_connect.get_client(
            host=settings.host,
            port=settings.port,
            username=settings.user,
            password=settings.password,
            database=settings.database,
        )

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        return list(self._client.query(query).result_rows)

    def charges(self) -> dict[bytes, tuple[str, str, str, str, str, Decimal]]:
        """By record id: tenant, account, product, zone, currency, amount; without top-ups."""
        found = self.rows(
            "SELECT record_id, tenant, account, product, zone, currency, amount FROM rated FINAL"
            " WHERE usage_type != 'top_up'"
        )
        charges = {bytes(row[0]): tuple(row[1:]) for row in found}
        assert len(charges) == len(found), "a record id was charged twice"
        return charges  # type: ignore[return-value]

    def money(self, currencies: set[str]) -> dict[tuple[str, str], Decimal]:
        """By (tenant, account): what its money bucket holds."""
        found = self.rows("SELECT tenant, account, resource, remaining FROM balance_buckets")
        return {(row[0], row[1]): row[3] for row in found if row[2] in currencies}

    def allowances(self, currencies: set[str]) -> dict[tuple[str, str, str, datetime], Decimal]:
        """By (tenant, account, allowance, start of the month): what is left."""
        found = self.rows(
            "SELECT tenant, account, resource, period_start, remaining FROM balance_buckets"
        )
        return {(*row[:3], aware(row[3])): row[4] for row in found if row[2] not in currencies}

    def totals(self) -> dict[tuple[str, str, str, datetime], Decimal]:
        """By (tenant, account, accumulator, start of the month): its total."""
        found = self.rows(
            "SELECT tenant, account, accumulator, period_start, total FROM accumulator_totals"
        )
        return {(*row[:3], aware(row[3])): row[4] for row in found}

    def periods(self, table: str) -> dict[PeriodKey, Total]:
        """An aggregate table, summed over partitions; without top-ups."""
        found = self.rows(
            "SELECT tenant, period, account, product, usage_type, zone, currency, records, amount,"
            f" quantities FROM {table} FINAL WHERE usage_type != 'top_up'"
        )
        sums: dict[PeriodKey, Total] = {}
        for tenant, period, *rest in found:
            total = sums.setdefault((tenant, aware(period), *rest[:5]), Total())
            total.records += rest[5]
            total.amount += rest[6]
            for unit, quantity in rest[7].items():
                total.quantities[unit] = total.quantities.get(unit, Decimal(0)) + quantity
        return sums


def aware(moment: datetime) -> datetime:
    """ClickHouse's UTC times, with their zone said."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
