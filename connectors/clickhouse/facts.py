"""Accounts, services, alerts and messages between partitions, as the ledger tells of them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from connectors.clickhouse.bill_units import billing_columns
from connectors.clickhouse.columns import (
    DECIMAL,
    MILLISECOND,
    Columns,
    bounds,
    instants,
    integers,
    lists,
    maps,
    rounded,
    strings,
    word_lists,
)
from connectors.clickhouse.commands import COMMAND_KINDS
from connectors.clickhouse.container import position_columns
from connectors.clickhouse.steps import StoredStep
from streams.model.account import Account, Service
from streams.model.command import Forwarded
from streams.model.rated import Alert
from streams.model.usage import UsageRecord

_OFFSET = UsageRecord.__struct_fields__.index("offset")
_INDEX = UsageRecord.__struct_fields__.index("index")

Placed = tuple[StoredStep, int, Any]
"""A value, the step it stands in, and its place in that step."""


def placed_facts(steps: Sequence[StoredStep]) -> tuple[list[Placed], list[Placed]]:
    """The accounts and the services that these steps changed."""
    accounts: list[Placed] = []
    services: list[Placed] = []
    for step in steps:
        for index, fact in enumerate(step.frame.facts):
            (accounts if isinstance(fact, Account) else services).append((step, index, fact))
    return accounts, services


def placed_alerts(steps: Sequence[StoredStep]) -> list[Placed]:
    """The alerts of these steps."""
    return [(step, index, alert) for step in steps for index, alert in enumerate(step.frame.alerts)]


def account_columns(placed: Sequence[Placed]) -> Columns:
    """Rows of `accounts`: one a change."""
    accounts: list[Account] = [value for _, _, value in placed]
    limits = [account.credit_limit for account in accounts]
    return {
        "tenant": strings([account.tenant for account in accounts]),
        "account": strings([account.account for account in accounts]),
        "version": integers([account.version for account in accounts], pa.uint64()),
        "root": strings([account.root for account in accounts]),
        "payment": strings([account.payment for account in accounts]),
        "currency": strings([account.currency for account in accounts]),
        "time_zone": strings([account.time_zone for account in accounts]),
        "credit_limit": pa.array(limits, DECIMAL),
        "attributes": maps([account.attributes for account in accounts]),
        **_status_columns(accounts),
        **_dated_columns(accounts),
        **billing_columns(accounts),
        **_places(placed, "changed_at"),
    }


def service_columns(placed: Sequence[Placed]) -> Columns:
    """Rows of `services`: one a change, with all assignments."""
    services: list[Service] = [value for _, _, value in placed]
    assignments = [item for service in services for item in service.assignments]
    nested = {
        name: strings([getattr(item, name) for item in assignments])
        for name in (
            *("account", "root", "subscription", "price_plan", "moved_to"),
            "supplements",
        )
    } | {
        "start_at": bounds([item.start for item in assignments]),
        "end_at": bounds([item.end for item in assignments]),
    }
    return {
        "tenant": strings([service.tenant for service in services]),
        "service_id": strings([service.service_id for service in services]),
        "version": integers([service.version for service in services], pa.uint64()),
        **lists([len(service.assignments) for service in services], nested, "assignments"),
        **_status_columns(services),
        **_dated_columns(services),
        **_places(placed, "changed_at"),
    }


def _status_columns(subjects: Sequence[Account | Service]) -> Columns:
    marks = [mark for subject in subjects for mark in subject.statuses]
    values = {
        "start_at": bounds([mark.start for mark in marks]),
        "status": strings([mark.status for mark in marks]),
    }
    return lists([len(subject.statuses) for subject in subjects], values, "statuses")


def _dated_columns(subjects: Sequence[Account | Service]) -> Columns:
    dated = [each for subject in subjects for each in subject.dated]
    values = {
        name: strings([getattr(each, name) for each in dated])
        for name in ("name", "value", "subscription")
    } | {
        "start_at": bounds([each.start for each in dated]),
        "end_at": bounds([each.end for each in dated]),
    }
    return lists([len(subject.dated) for subject in subjects], values, "dated")


def alert_columns(placed: Sequence[Placed]) -> Columns:
    """Rows of `alerts`."""
    alerts: list[Alert] = [value for _, _, value in placed]
    return {
        **{
            name: strings([getattr(alert, name) for alert in alerts])
            for name in ("tenant", "account", "alert_id", "threshold", "resource", "kind")
        },
        "level": rounded([str(alert.level) for alert in alerts], "alerts.level"),
        "value": rounded([str(alert.value) for alert in alerts], "alerts.value"),
        "period_start": bounds([alert.period_start for alert in alerts]),
        "occurred_at": instants([alert.occurred_at for alert in alerts]),
        "recipients": word_lists([alert.to for alert in alerts]),
        "action": strings([alert.action for alert in alerts]),
        **_places(placed, "raised_at"),
    }


def transfer_columns(steps: Sequence[StoredStep]) -> Columns:
    """Rows of `transfers`: a message to another partition was sent, or its receipt has come."""
    rows = [
        (step, number, "sent", to_partition, command)
        for step in steps
        for number, to_partition, command in step.frame.outbox
    ] + [(step, number, "received", 0, None) for step in steps for number in step.frame.cleared]
    positions = [_forwarded_from(command) for *_, command in rows]
    return {
        "ledger_partition": integers([row[0].partition for row in rows], pa.uint32()),
        "message_id": integers([row[1] for row in rows], pa.uint64()),
        "event": strings([row[2] for row in rows]),
        "to_partition": integers([row[3] for row in rows], pa.uint32()),
        "kind": strings(["" if row[4] is None else COMMAND_KINDS[row[4][0]] for row in rows]),
        **position_columns(positions),
        "ledger_offset": integers([row[0].offset for row in rows], pa.uint64()),
        "happened_at": pa.array([row[0].written_at_ms for row in rows], MILLISECOND),
    }


def _forwarded_from(command: list[Any] | None) -> Sequence[Any]:
    """The source position of a record that was sent on; an empty one of anything else."""
    if command is None or COMMAND_KINDS[command[0]] != Forwarded.__name__:
        return ("", 0, 0, 0)
    topic_id, partition, _, (record, *_) = command[4]
    return (topic_id, partition, record[_OFFSET], record[_INDEX])


def _places(placed: Sequence[Placed], time_name: str) -> Columns:
    return {
        "ledger_partition": integers([step.partition for step, _, _ in placed], pa.uint32()),
        "ledger_offset": integers([step.offset for step, _, _ in placed], pa.uint64()),
        "ledger_index": integers([index for _, index, _ in placed], pa.uint32()),
        time_name: pa.array([step.written_at_ms for step, _, _ in placed], MILLISECOND),
    }
