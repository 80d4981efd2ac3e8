"""Rows: every value comes back as it went in, and an insert repeated changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api.queries import account_of
from connectors.clickhouse.bill_units import BILLING, billing_of
from connectors.clickhouse.charge_sums import coarser
from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import (
    decimals,
    packed_maps,
    rounded,
    scaled_decimals,
    scaled_ints,
)
from connectors.clickhouse.facts import (
    account_columns,
    alert_columns,
    placed_alerts,
    placed_facts,
    service_columns,
)
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.refused import refused_columns
from connectors.clickhouse.steps import Frame, StoredStep, decode_frame
from connectors.errors import Refused
from connectors.kafka.codec import encode_ledger
from connectors.settings import ClickHouseSettings
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.attribute import AttributeValue
from streams.model.billing import Billing, BillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.instant import BEGINNING, SECOND, format_instant
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.rated import (
    Alert,
    BalanceChange,
    ChargeLine,
    Posting,
    RatedUsage,
    RecordVerdict,
)
from streams.model.refused import RefusedRecord
from streams.model.status import StatusMark
from streams.model.usage import SourcePosition, Usage, UsageRecord

MOST = Decimal("99999999999999999999999999.999999999999")
OWED = MOST.copy_negate()
LEAST = Decimal("0.000000000001")
NOON = 1_795_000_000_123_456
ODD = "tab\tquote'\"\\ ünï \u2028 \x00 {a:String}"


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def record() -> UsageRecord:
    return UsageRecord(
        record_id=bytes(range(16)),
        tenant="acme",
        source=ODD,
        event_id=ODD,
        part=3,
        offset=7,
        index=2,
        usage_type="calls",
        service_id="key",
        root="root",
        occurred_at=NOON,
        ended_at=NOON + 1,
        usages=(Usage("a", LEAST), Usage("b", 10**18), Usage("c", 0)),
        attributes={"x": ODD, "": ""},
    )


def charge() -> RatedUsage:
    third = Decimal(1) / Decimal(3)
    return RatedUsage(
        record=record(),
        position=SourcePosition("T" * 22, 1, 7, 2),
        account="account",
        root="root",
        subscription="sub",
        price_plan="plan",
        product="product",
        currency="USD",
        amount=MOST,
        zone="zone",
        band="band",
        lines=(ChargeLine("rule", "price", "a", third, third, OWED, {"k": "v"}),),
        postings=(Posting("account", "USD", OWED), Posting("revenue", "USD", MOST)),
        changes=(BalanceChange("USD", NOON, 0, OWED),),
        catalog_version="v",
        tax=LEAST,
        cost=OWED,
        bill_unit=NOON - 1,
    )


def step(**fields: Any) -> StoredStep:
    value = LedgerRecord(LEDGER_FORMAT, "step", 3, b"owner", 2, (5, 1), "e", **fields)
    packed = encode_ledger(value)
    return StoredStep(2, 4, 1_795_000_000_123, decode_frame(packed), len(packed))


def store(database: Database, steps: list[StoredStep]) -> None:
    for table, rows in LedgerRows().rows_of(steps, database):
        database.insert(table, rows)


def test_a_charge_comes_back_as_it_went_in(database: Database) -> None:
    """To the 38th digit, with every odd character; stored twice it is there once."""
    made = step(rated=(charge(),))
    store(database, [made])
    store(database, [made])
    (row,) = database.records("SELECT * FROM rated FINAL")
    assert row["record_id"] == bytes(range(16))
    assert (row["source"], row["event_id"]) == (ODD, ODD)
    assert row["attributes"] == {"x": ODD, "": ""}
    assert list(zip(row["usages.unit"], row["usages.quantity"], strict=True)) == [
        ("a", LEAST),
        ("b", Decimal(10**18)),
        ("c", Decimal(0)),
    ]
    assert (row["amount"], row["tax"], row["cost"]) == (MOST, LEAST, OWED)
    assert row["bill_unit"].microsecond == 123_455
    assert row["postings.amount"] == [OWED, MOST]
    assert row["lines.amount"] == [OWED]
    assert row["lines.detail"] == [{"k": "v"}]
    assert (row["changes.before"], row["changes.after"]) == ([Decimal(0)], [OWED])
    assert row["occurred_at"].microsecond == 123_456
    assert (row["ledger_partition"], row["ledger_offset"], row["ledger_index"]) == (2, 4, 0)
    assert (row["source_partition"], row["source_offset"], row["source_index"]) == (1, 7, 2)
    ((total, quantities),) = database.query("SELECT amount, quantities FROM charges_by_day FINAL")
    assert total == MOST
    assert quantities == {"a": LEAST, "b": Decimal(10**18), "c": Decimal(0)}


def test_charges_of_before_tax_and_cost_are_read(database: Database) -> None:
    """A ledger keeps what an earlier version wrote: charges without their last three fields."""
    made = step(rated=(charge(),))
    (row,) = made.frame.charge_rows()
    at = RatedUsage.__struct_fields__.index("changes")
    changes = [change[:4] for change in row[at]]
    older = msgspec.Raw(msgspec.msgpack.encode([(*row[:at], changes, *row[at + 1 : -3])]))
    store(database, [replace(made, frame=msgspec.structs.replace(made.frame, rated=older))])
    assert database.query("SELECT tax, cost, amount, changes.bucket FROM rated") == [
        (0, None, MOST, [""])
    ]


def test_charges_of_before_bill_units_are_read(database: Database) -> None:
    made = step(rated=(charge(),))
    (row,) = made.frame.charge_rows()
    older = msgspec.Raw(msgspec.msgpack.encode([row[:-1]]))
    store(database, [replace(made, frame=msgspec.structs.replace(made.frame, rated=older))])
    told = "SELECT toUnixTimestamp(bill_unit), cost, amount, changes.bucket FROM rated"
    assert database.query(told) == [(0, OWED, MOST, [""])]


def test_details_that_repeat_are_read_once_and_stand_everywhere() -> None:
    told = [{"zone": "1", "band": ODD}, {}, {"zone": "1", "band": ODD}, {"zone": "2"}, {}]
    packed = [msgspec.Raw(msgspec.msgpack.encode(one)) for one in told]
    assert [dict(one) for one in packed_maps(packed, "detail").to_pylist()] == told
    assert packed_maps([], "detail").to_pylist() == []
    with pytest.raises(Refused, match=r"lines\.detail"):
        packed_maps([msgspec.Raw(msgspec.msgpack.encode({"zone": 1}))], "lines.detail")


def test_a_verdict_on_no_record_is_stored_without_one(database: Database) -> None:
    position = SourcePosition("", -1, -1, -1)
    verdict = RecordVerdict("ignored", "discarded", ODD, "", "record:x", position, None)
    store(database, [step(verdicts=(verdict,))])
    (row,) = database.records("SELECT * FROM verdicts FINAL")
    assert (row["is_read"], row["source_offset"], row["detail"]) == (0, -1, ODD)


def test_facts_and_alerts_come_back_as_they_went_in(database: Database) -> None:
    account = Account("acme", ODD, "root", "postpaid", "USD", "UTC", MOST, 4, {ODD: ODD})
    alert = Alert(ODD, "acme", "account", "t", "USD", "crossed", LEAST, MOST, 5, NOON)
    made = [step(facts=(account,), alerts=(alert,))]
    accounts, _ = placed_facts(made)
    database.insert("accounts", pa.table(account_columns(accounts)))
    database.insert("alerts", pa.table(alert_columns(placed_alerts(made))))
    asked = "SELECT account, credit_limit, version, attributes FROM accounts FINAL"
    assert database.query(asked) == [(ODD, MOST, 4, {ODD: ODD})]
    assert database.query("SELECT alert_id, level, value FROM alerts FINAL") == [(ODD, LEAST, MOST)]


def test_statuses_come_back_as_they_went_in_and_are_told(database: Database) -> None:
    marks = (StatusMark(BEGINNING, "suspended"), StatusMark(NOON, "active"))
    account = Account("acme", "ada", "root", "postpaid", "USD", "UTC", statuses=marks)
    service = Service("acme", "key", (), 3, marks[1:])
    accounts, services = placed_facts([step(facts=(account, service))])
    database.insert("accounts", pa.table(account_columns(accounts)))
    database.insert("services", pa.table(service_columns(services)))
    found = account_of(database, "acme", "ada")
    assert found is not None
    assert [(each.status, each.start) for each in found.statuses] == [
        ("suspended", ""),
        ("active", format_instant(NOON)),
    ]
    assert database.query("SELECT service_id, statuses.status FROM services FINAL") == [
        ("key", ["active"])
    ]


def test_billing_comes_back_as_it_went_in_and_is_told(database: Database) -> None:
    cycle = BillingPeriod(id="billing", unit="week", weekday=2, time_zone="Europe/Zurich")
    anchored = BillingPeriod(id="billing", unit="month", every=3, anchor=NOON)
    profiles = (BillingProfile(BEGINNING, cycle, 2 * SECOND), BillingProfile(NOON, anchored))
    billing = Billing(profiles, NOON - 1)
    account = Account("acme", "ada", "root", "postpaid", "USD", "UTC", billing=billing)
    accounts, _ = placed_facts([step(facts=(account,))])
    database.insert("accounts", pa.table(account_columns(accounts)))
    found = account_of(database, "acme", "ada")
    assert found is not None
    weekly, quarterly = found.billing
    assert (weekly.start, weekly.unit, weekly.weekday, weekly.anchor) == ("", "week", "wed", "")
    assert (weekly.time_zone, weekly.grace_s) == ("Europe/Zurich", 2)
    assert (quarterly.every, quarterly.anchor) == (3, format_instant(NOON))
    (row,) = database.records(f"SELECT {BILLING} FROM accounts")
    assert billing_of(row).profiles[1:] == profiles[1:]
    assert billing_of(row).profiles[0].cycle == cycle
    assert billing_of(row).billed_until == NOON - 1


def test_dated_attributes_come_back_as_they_went_in_and_are_told(database: Database) -> None:
    tier = AttributeValue("tier", "gold", BEGINNING, NOON)
    trial = AttributeValue("trial", "true", NOON, subscription="s-1")
    account = Account("acme", "ada", "root", "postpaid", "USD", "UTC", dated=(tier, trial))
    assignment = ServiceAssignment("ada", "root", "s-1", "plan", BEGINNING)
    former = Service("acme", "key", (assignment,), 2)
    seats = AttributeValue("seats", "12", NOON)
    service = Service("acme", "key", (assignment,), 3, dated=(seats,))
    accounts, services = placed_facts([step(facts=(account, former, service))])
    database.insert("accounts", pa.table(account_columns(accounts)))
    database.insert("services", pa.table(service_columns(services)))
    found = account_of(database, "acme", "ada")
    assert found is not None
    noon = format_instant(NOON)
    assert [
        (each.name, each.value, each.start, each.end, each.subscription, each.service_id)
        for each in found.dated
    ] == [
        ("tier", "gold", "", noon, "", ""),
        ("trial", "true", noon, "", "s-1", ""),
        ("seats", "12", noon, "", "", "key"),
    ]


def test_of_a_suspended_record_the_newest_state_wins_whatever_comes_last(
    database: Database,
) -> None:
    first = RefusedRecord(
        record_id=bytes(16),
        tenant="acme",
        source="s",
        event_id="e",
        position=SourcePosition("T" * 22, 1, 7, 2),
        topic="usage",
        state="suspended",
        code="unknown_service",
        stage="guide",
        detail=ODD,
        raw=bytes(range(256)),
        headers=(("h", b"\xff\x00"),),
    )
    closed = msgspec.structs.replace(first, state="charged")
    for refused, offset in ((closed, 9), (first, 3), (closed, 9)):
        database.insert("suspense", pa.table(refused_columns([(refused, 0, offset)])))
    ((state, raw, headers),) = database.query(
        "SELECT state, raw, headers.value AS given FROM suspense FINAL", as_bytes=("raw", "given")
    )
    assert (state, raw, headers) == ("charged", bytes(range(256)), [b"\xff\x00"])


def test_an_amount_that_does_not_fit_is_refused_and_never_rounded() -> None:
    for value in ("0.0000000000001", "100000000000000000000000000", "NaN"):
        with pytest.raises(Refused, match="what"):
            decimals([value], "what")
    assert rounded(["0.0000000000005"], "x").to_pylist() == [Decimal(0)]
    assert rounded(["0.0000000000015"], "x").to_pylist() == [Decimal("0.000000000002")]
    with pytest.raises(Refused, match="total"):
        scaled_decimals([10**38], "total")


@settings(deadline=None)  # the first array of a process loads half of Arrow
@given(st.lists(st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1), max_size=20))
def test_scaled_numbers_come_back(values: list[int]) -> None:
    assert scaled_ints(scaled_decimals(values, "x")) == values


@settings(deadline=None)  # the first array of a process loads half of Arrow
@given(st.lists(st.one_of(st.integers(-(10**18), 10**18), st.just(Decimal("1.5"))), max_size=9))
def test_whole_numbers_and_texts_may_be_mixed(values: list[Any]) -> None:
    """As msgpack gives them: counts as numbers, fractions as text."""
    packed = [value if isinstance(value, int) else str(value) for value in values]
    assert decimals(packed, "x").to_pylist() == [Decimal(value) for value in values]


def test_frames_have_the_fields_of_ledger_records() -> None:
    assert Frame.__struct_fields__ == LedgerRecord.__struct_fields__


def test_no_sums_make_no_coarser_sums() -> None:
    assert coarser({}, seconds=86_400) == {}
