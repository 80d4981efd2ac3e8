# ruff: noqa: S608 - statements are put together from constants of this file alone
"""What the bill units of an account hold, and how far each is: open, closing, closed, billed."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, Literal

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connectors.api.answers import LedgerPosition
from connectors.api.gateway import Gateway
from connectors.api.problems import Problem
from connectors.api.route import ACCOUNT, Route, json_answer
from connectors.clickhouse.bill_units import BILLING, billing_of
from connectors.clickhouse.client import Database
from connectors.clickhouse.clocks import time_of_partition
from streams.accumulate.adjust import ADJUSTMENT
from streams.model.billing import Billing, BillUnit
from streams.model.instant import Instant, format_instant
from streams.model.money import trimmed
from streams.model.usage import MADE
from streams.session.refunds import REFUND

UnitStatus = Literal["open", "closing", "closed", "billed"]
Rows = list[Mapping[str, Any]]

_ACCOUNT: Final = f"""
SELECT time_zone, ledger_partition, {BILLING}
FROM accounts
WHERE tenant = {{tenant:String}} AND account = {{account:String}}
ORDER BY version DESC, ledger_offset DESC LIMIT 1
"""
_TOTALS: Final = f"""
SELECT toUnixTimestamp64Micro(bill_unit) AS unit, currency,
    countIf(NOT moves) AS charges, countIf(moves) AS movements,
    sum(amount) AS amount, sum(tax) AS tax,
    sumIf(arraySum(arrayMap(
        (who, what, much) -> if(what = currency
            AND (who IN ('account', 'overrun', 'write_off') OR startsWith(who, 'account:')),
            much, toDecimal128(0, 12)),
        postings.ledger_account, postings.resource, postings.amount)),
        moves AND usage_type IN ('{ADJUSTMENT}', '{REFUND}')) AS adjusted
FROM (
    SELECT *, topic_id = '{MADE}' AND empty(lines.rule) AS moves FROM rated FINAL
    WHERE tenant = {{tenant:String}} AND account = {{account:String}}
)
GROUP BY unit, currency ORDER BY unit, currency
"""
_LATE: Final = f"""
SELECT toUnixTimestamp64Micro(bill_unit) AS unit, currency,
    toUnixTimestamp64Micro(occurred_at) AS occurred, count() AS charges, sum(amount) AS amount
FROM rated FINAL
WHERE tenant = {{tenant:String}} AND account = {{account:String}} AND occurred_at < bill_unit
    AND NOT (topic_id = '{MADE}' AND empty(lines.rule))
GROUP BY unit, currency, occurred ORDER BY unit, currency, occurred
"""
_USED: Final = """
SELECT toUnixTimestamp64Micro(bill_unit) AS unit, posting.1 AS resource, sum(posting.2) AS amount
FROM rated FINAL
ARRAY JOIN arrayZip(postings.resource, postings.amount, postings.ledger_account) AS posting
WHERE tenant = {tenant:String} AND account = {account:String}
    AND (posting.3 = 'account' OR startsWith(posting.3, 'account:'))
GROUP BY unit, resource ORDER BY unit, resource
"""
_INVOICES: Final = """
SELECT toUnixTimestamp64Micro(entry.1) AS unit, entry.2 AS invoice FROM billed_units FINAL
ARRAY JOIN arrayZip(units.start_at, units.invoice) AS entry
WHERE tenant = {tenant:String} AND account = {account:String} AND NOT is_deleted
"""
_DUE: Final = """
SELECT through, toUnixTimestamp64Micro(due_at) AS due FROM balances FINAL
WHERE tenant = {tenant:String} AND account = {account:String} AND NOT is_deleted
    AND ledger_partition = {partition:UInt32}
"""


class LateAnswer(Struct, frozen=True, kw_only=True):
    """What came too late for its own bill unit, which began at `of`."""

    of: str
    charges: int
    amount: Decimal


class UnitTotalAnswer(Struct, frozen=True, kw_only=True):
    """What a bill unit holds in a currency: `amount` with the `tax` in it, by so many charges.

    `movements` price nothing; of them `adjusted` is what was given (above zero) or taken by hand,
    and what was refunded.
    """

    currency: str
    charges: int
    amount: Decimal
    tax: Decimal
    movements: int
    adjusted: Decimal
    late: list[LateAnswer]


class ResourceAnswer(Struct, frozen=True, kw_only=True):
    """By how much balances of a resource went up, or down, by all of the unit."""

    resource: str
    amount: Decimal


class BillUnitAnswer(Struct, frozen=True, kw_only=True):
    """A bill unit, named by its start. `invoice` is where it stands once it is billed."""

    start: str
    end: str
    status: UnitStatus
    closes_at: str
    invoice: str
    totals: list[UnitTotalAnswer]
    resources: list[ResourceAnswer]


class BillUnitsAnswer(Struct, frozen=True, kw_only=True):
    """The bill units of an account by rising start: those that hold something, and the open one."""

    tenant: str
    account: str
    at: str
    ledger: LedgerPosition
    units: list[BillUnitAnswer]


def bill_units(
    database: Database, tenant: str, account: str, *, grace: Instant
) -> BillUnitsAnswer | None:
    """The units, as of a ledger position; None where the account is not known.

    `grace` is the catalog's. Raises Unavailable.
    """
    whose: dict[str, Any] = {"tenant": tenant, "account": account}
    known = database.records(_ACCOUNT, whose)
    if not known:
        return None
    partition, billing = known[0]["ledger_partition"], billing_of(known[0])
    zone_name, whose["partition"] = known[0]["time_zone"], partition
    due = database.records(_DUE, whose)
    time = time_of_partition(database, tenant, partition)
    invoices = {row["unit"]: row["invoice"] for row in database.records(_INVOICES, whose)}
    totals = _by_unit(database.records(_TOTALS, whose))
    late = _by_unit(database.records(_LATE, whose))
    used = _by_unit(database.records(_USED, whose))
    starts = {*totals, *invoices} | ({billing.unit_at(time, zone_name).start} if time else set())
    until = min((row["due"] for row in due), default=time + 1)
    units = [
        BillUnitAnswer(
            start=format_instant(start),
            end=format_instant(unit.end),
            status=_status(unit, billing, invoices.get(start, ""), time, grace, until),
            closes_at=format_instant(unit.closes_at(grace)),
            invoice=invoices.get(start, ""),
            totals=[_total(row, late[start], billing, zone_name) for row in totals.get(start, ())],
            resources=[
                ResourceAnswer(resource=row["resource"], amount=trimmed(row["amount"]))
                for row in used.get(start, ())
            ],
        )
        for start in sorted(starts)
        for unit in [billing.unit_at(start, zone_name)]
    ]
    through = max((row["through"] for row in due), default=-1)
    return BillUnitsAnswer(
        tenant=tenant,
        account=account,
        at=format_instant(time) if time else "",
        ledger=LedgerPosition(partition=partition, offset=through),
        units=units,
    )


def _by_unit(rows: Any) -> defaultdict[Instant, Rows]:
    found: defaultdict[Instant, Rows] = defaultdict(list)
    for row in rows:
        found[row["unit"]].append(row)
    return found


def _status(  # noqa: PLR0913 - a unit, and what is known of its account
    unit: BillUnit,
    billing: Billing,
    invoice: str,
    time: Instant,
    grace: Instant,
    due: Instant,
) -> UnitStatus:
    """What still falls due in a unit keeps it from being closed."""
    if invoice:
        return "billed"
    if unit.end > time:
        return "open"
    closed = billing.is_closed(unit, time, grace) and due > unit.closes_at(grace)
    return "closed" if closed else "closing"


def _total(row: Mapping[str, Any], late: Rows, billing: Billing, zone_name: str) -> UnitTotalAnswer:
    of: dict[Instant, tuple[int, Decimal]] = {}
    for each in late:
        if each["currency"] == row["currency"]:
            start = billing.unit_at(each["occurred"], zone_name).start
            charges, amount = of.get(start, (0, Decimal(0)))
            of[start] = (charges + each["charges"], amount + each["amount"])
    return UnitTotalAnswer(
        currency=row["currency"],
        charges=row["charges"],
        amount=trimmed(row["amount"]),
        tax=trimmed(row["tax"]),
        movements=row["movements"],
        adjusted=trimmed(row["adjusted"]),
        late=[
            LateAnswer(of=format_instant(start), charges=charges, amount=trimmed(amount))
            for start, (charges, amount) in sorted(of.items())
        ],
    )


async def list_bill_units(request: Request, gateway: Gateway) -> Response:
    """The bill units of an account with what they hold."""
    tenant, account = request.path_params["tenant"], request.path_params["account"]
    catalog = await run_in_threadpool(lambda: gateway.catalogs.of(tenant))
    grace = catalog.grace
    found = await gateway.ask(lambda database: bill_units(database, tenant, account, grace=grace))
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {account} of {tenant}.")
    return json_answer(found)


ROUTES: Final = (
    Route(
        path=f"{ACCOUNT}/bill-units",
        answering=list_bill_units,
        summary="Bill units of an account: what each holds, and whether it is open, closed, billed",
        answer=BillUnitsAnswer,
    ),
)
