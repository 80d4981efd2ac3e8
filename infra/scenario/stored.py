"""What a running system made of a scenario, read from ClickHouse."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connectors.clickhouse.client import Database
from infra.scenario.outcome import Outcome, Refused
from streams.model.account import Accumulators, Balances, Bucket
from streams.model.rated import Alert, BalanceChange, ChargeLine, Posting, RatedUsage
from streams.model.usage import SourcePosition, UsageRecord

PROBE = "probe-"
"""Ids of events that only ask whether the system reads the scenario's usage yet."""

_PLACE = "topic_id, source_partition, source_offset, source_index"
_REFUSED = {
    "suspense": "SELECT event_id, state, code, {place} FROM suspense FINAL"
    " WHERE tenant = {{tenant:String}} AND state = 'suspended'",
    "errors": "SELECT event_id, state, code, {place} FROM errors FINAL"
    " WHERE tenant = {{tenant:String}}",
    "outcomes": "SELECT event_id, state, code, {place} FROM outcomes FINAL"
    " WHERE tenant = {{tenant:String}} AND topic_id != 'made'",
    "verdicts": "SELECT DISTINCT event_id, verdict, code, {place} FROM verdicts FINAL"
    " WHERE tenant = {{tenant:String}} AND verdict = 'duplicate'",
}
_NOT_DONE = """
SELECT event_id, verdict, code FROM verdicts FINAL
WHERE tenant = {tenant:String} AND verdict = 'ignored' AND topic_id = 'made'
ORDER BY judged_at, ledger_partition, ledger_offset, ledger_index
"""
"""Commands that were not carried out, in the order in which they were not."""
_RATED = """
SELECT event_id, account, product, currency, amount, zone, band, tax, cost,
    topic_id, source_partition, source_offset, source_index,
    lines.rule, lines.price, lines.unit, lines.quantity, lines.unit_amount, lines.amount,
    lines.detail, postings.ledger_account, postings.resource, postings.amount,
    changes.resource, arrayMap(x -> toUnixTimestamp64Micro(x), changes.period_start),
    changes.before, changes.after, changes.bucket, changes.account,
    toUnixTimestamp64Micro(occurred_at), toUnixTimestamp64Micro(bill_unit), price_plan
FROM rated FINAL WHERE tenant = {tenant:String}
ORDER BY topic_id = 'made', if(topic_id = 'made', toUnixTimestamp64Milli(rated_at), 0),
    if(topic_id = 'made', toInt64(ledger_partition), toInt64(source_partition)),
    if(topic_id = 'made', toInt64(ledger_offset), source_offset),
    if(topic_id = 'made', toInt64(ledger_index), toInt64(source_index)), part
"""
_BALANCES = """
SELECT account, buckets.resource, arrayMap(x -> toUnixTimestamp64Micro(x), buckets.period_start),
    arrayMap(x -> toUnixTimestamp64Micro(x), buckets.period_end), buckets.granted,
    buckets.remaining, buckets.id, buckets.priority, buckets.products
FROM balances FINAL WHERE tenant = {tenant:String} AND NOT is_deleted
"""
_TOTALS = """
SELECT account, totals.accumulator, arrayMap(x -> toUnixTimestamp64Micro(x), totals.period_start),
    arrayMap(x -> toUnixTimestamp64Micro(x), totals.period_end), totals.total
FROM accumulators FINAL WHERE tenant = {tenant:String} AND NOT is_deleted
"""
_ALERTS = """
SELECT alert_id, tenant, account, threshold, resource, kind, level, value,
    toUnixTimestamp64Micro(alerts.period_start) AS period_start,
    toUnixTimestamp64Micro(alerts.occurred_at) AS occurred_at, recipients AS to, action
FROM alerts FINAL WHERE tenant = {tenant:String}
ORDER BY raised_at, ledger_partition, ledger_offset, ledger_index
"""
_COUNTERS = """
SELECT ledger_account, resource, sum(total) FROM counters FINAL
WHERE tenant = {tenant:String} GROUP BY ledger_account, resource
"""
_INVOICES = """
SELECT account, toUnixTimestamp64Micro(unit.1), unit.2 FROM billed_units FINAL
ARRAY JOIN arrayZip(units.start_at, units.invoice) AS unit
WHERE tenant = {tenant:String} AND NOT is_deleted
"""


class StoredOutcome:
    """Reads one tenant's results; in ids that tell the tenant, it is `named` as in memory."""

    def __init__(self, database: Database, tenant: str, *, named: str) -> None:
        self._name = named
        self._database = database
        self._tenant = tenant

    def ends(self) -> Counter[tuple[str, str]]:
        """How often each event has ended which way: (event id, verdict), probes left out."""
        found = Counter((each.event_id, each.verdict) for each in self._refused())
        for (event_id,) in self._rows(
            "SELECT event_id FROM rated FINAL WHERE tenant = {tenant:String}"
        ):
            found[event_id, "charged"] += 1
        return found

    def is_read(self) -> bool:
        """True once a probe has been taken: mediation knows the scenario's platforms.

        It is ignored as a record of nothing, or suspended where such a record may be charged.
        """
        return any(
            self._rows(f"SELECT event_id FROM {table} WHERE tenant = {{tenant:String}} LIMIT 1")  # noqa: S608 - a constant
            for table in ("outcomes", "suspense")
        )

    def gather(self, time_zones: dict[str, str]) -> Outcome:
        """Everything that a `then` can ask about."""
        refused = [replace(each, event_id=self._named(each.event_id)) for each in self._refused()]
        outcome = Outcome(refused=refused, time_zones=time_zones)
        outcome.charges = [_rated(self._named(row[0]), row[1:]) for row in self._rows(_RATED)]
        outcome.alerts = [
            Alert(**row | {"to": tuple(row["to"])})
            for row in self._database.records(_ALERTS, {"tenant": self._tenant})
        ]
        for account, *columns in self._rows(_BALANCES):
            buckets = tuple(Bucket(*bucket) for bucket in zip(*columns, strict=True))
            outcome.balances[account] = Balances(buckets)
        for account, *columns in self._rows(_TOTALS):
            others = outcome.accumulators.get(account, Accumulators()).totals
            totals = tuple(zip(*columns, strict=True))
            outcome.accumulators[account] = Accumulators((*others, *totals))
        for account, start, invoice in self._rows(_INVOICES):
            outcome.invoices[account, start] = invoice
        for ledger_account, resource, total in self._rows(_COUNTERS):
            outcome.counters[ledger_account, resource] = Decimal(total)
        return outcome

    def _named(self, event_id: str) -> str:
        """The id as memory has it: a running system has a tenant for each scenario."""
        return event_id.replace(f"{self._tenant}/", f"{self._name}/")

    def _refused(self) -> Iterator[Refused]:
        found = [
            (place, Refused(event_id, state, code))
            for sql in _REFUSED.values()
            for event_id, state, code, *place in self._rows(sql.format(place=_PLACE))
            if not event_id.startswith(PROBE)
        ]
        found.sort(key=lambda entry: entry[0][1:])
        yield from (refused for _, refused in found)
        yield from (Refused(*row) for row in self._rows(_NOT_DONE))

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._database.query(sql, {"tenant": self._tenant})


def _rated(event_id: str, row: tuple[Any, ...]) -> RatedUsage:
    """The charge as far as a scenario compares it."""
    account, product, currency, amount, zone, band, tax, cost = row[:8]
    position = SourcePosition(*row[8:12])
    lines = tuple(ChargeLine(*line) for line in zip(*row[12:19], strict=True))
    postings = tuple(Posting(*leg) for leg in zip(*row[19:22], strict=True))
    changes = tuple(BalanceChange(*change) for change in zip(*row[22:28], strict=True))
    occurred_at, bill_unit, price_plan = row[28:31]
    return RatedUsage(
        record=UsageRecord(
            b"",
            "",
            "",
            event_id,
            0,
            position.offset,
            position.index,
            "",
            "",
            "",
            occurred_at,
            0,
            (),
            {},
        ),
        position=position,
        account=account,
        root="",
        subscription="",
        price_plan=price_plan,
        product=product,
        currency=currency,
        amount=amount,
        zone=zone,
        band=band,
        lines=lines,
        postings=postings,
        changes=changes,
        catalog_version="",
        tax=tax,
        cost=cost,
        bill_unit=bill_unit,
    )
