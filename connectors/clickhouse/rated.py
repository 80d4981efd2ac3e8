"""Charges as rows of `rated`: the record, its lines and postings, balances around it."""

from collections.abc import Sequence
from typing import Any

from connectors.clickhouse.columns import (
    Columns,
    bounds,
    decimals,
    flattened,
    lists,
    optional_decimals,
    packed_maps,
    rounded,
    strings,
    transposed,
)
from connectors.clickhouse.container import container_columns, position_columns

_WIDTH = 18


def rated_columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Columns of `RatedUsage` as msgpack lists; the ledger position is added by the caller."""
    columns = transposed(rows, _WIDTH)
    records, positions, accounts, roots, subscriptions, plans, products, currencies = columns[:8]
    amounts, zones, bands, lines, postings, changes, versions, taxes, costs = columns[8:17]
    units = columns[17]
    return {
        **container_columns(records),
        **position_columns(positions),
        "account": strings(accounts),
        "root": strings(roots),
        "subscription": strings(subscriptions),
        "price_plan": strings(plans),
        "product": strings(products),
        "currency": strings(currencies),
        "amount": decimals(amounts, "rated.amount"),
        "zone": strings(zones),
        "band": strings(bands),
        **_line_columns(lines),
        **_posting_columns(postings),
        **_change_columns(changes),
        "catalog_version": strings(versions),
        "tax": decimals(taxes, "rated.tax"),
        "cost": optional_decimals(costs, "rated.cost"),
        "bill_unit": bounds(units),
    }


def _line_columns(lines: Sequence[Sequence[Any]]) -> Columns:
    rules, prices, units, quantities, unit_amounts, amounts, details = transposed(
        flattened(lines), 7
    )
    values = {
        "rule": strings(rules),
        "price": strings(prices),
        "unit": strings(units),
        "quantity": rounded(quantities, "lines.quantity"),
        "unit_amount": rounded(unit_amounts, "lines.unit_amount"),
        "amount": decimals(amounts, "lines.amount"),
        "detail": packed_maps(details, "lines.detail"),
    }
    return lists(map(len, lines), values, "lines")


def _posting_columns(postings: Sequence[Sequence[Any]]) -> Columns:
    accounts, resources, amounts = transposed(flattened(postings), 3)
    values = {
        "ledger_account": strings(accounts),
        "resource": strings(resources),
        "amount": decimals(amounts, "postings.amount"),
    }
    return lists(map(len, postings), values, "postings")


def _change_columns(changes: Sequence[Sequence[Any]]) -> Columns:
    resources, starts, before, after, buckets, holders = transposed(flattened(changes), 6)
    values = {
        "resource": strings(resources),
        "period_start": bounds(starts),
        "before": decimals(before, "changes.before"),
        "after": decimals(after, "changes.after"),
        "bucket": strings(buckets),
        "account": strings(holders),
    }
    return lists(map(len, changes), values, "changes")
