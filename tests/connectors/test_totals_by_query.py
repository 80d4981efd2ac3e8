"""Running totals are what the same query over raw usage says, in the database itself."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import pytest

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from connectors.clickhouse.client import Database
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.steps import StoredStep, decode_frame
from connectors.kafka.codec import encode_ledger, encode_value
from connectors.settings import ClickHouseSettings
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.rate.plan import Plan
from streams.state import Effects, Table

START = 1_772_323_200_000_000
"""2026-03-01T00:00:00Z: the clock changes within the window."""
SPAN_DAYS = 75
ZONE = "Europe/Zurich"
STEP = 1000
CATALOG = """
tenant: t
currencies: [{code: CHF}]
usage_types:
  - {id: talk, units: [words], attributes: [conversation]}
  - {id: support, units: [solved], attributes: [conversation, event]}
accumulators:
  - {id: last_30_days, rolling: 30d, usage_units: [words]}
  - {id: said, by: [conversation], period: life, usage_units: [words]}
  - {id: solved, per: session, period: life, usage_units: [solved]}
  - {id: conversations, aggregate: unique, of: conversation, period: day, most: 10000}
outcomes:
  - id: solution
    usage_type: support
    unit: solved
    session: conversation
    events: [thanks]
    resolved: last == "thanks"
    closes_after: 90d
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: talks
        usage_type: talk
        from: 2020-01-01
        impacts: [last_30_days, said, conversations]
        prices: [{per_unit: {amounts: {words: 0.01}}}]
      - id: supports
        usage_type: support
        from: 2020-01-01
        impacts: [solved]
        prices: [{per_unit: {amounts: {solved: 0.99}}}]
"""
EVENTS = """
CREATE TABLE events (account String, at DateTime64(6, 'UTC'), conversation String,
    words Decimal(38, 12), thanks UInt8) ENGINE = MergeTree ORDER BY (account, at)
"""
BY_QUERY = f"""
SELECT account, 'last_30_days' AS accumulator, sum(words) AS total FROM
(
    SELECT account, words, toDate(at, '{ZONE}') AS day,
        max(day) OVER (PARTITION BY account) AS newest
    FROM events WHERE words != 0
)
WHERE day > newest - 30 GROUP BY account
UNION ALL
SELECT account, concat('said/conversation=', conversation), sum(words)
FROM events WHERE words != 0 GROUP BY account, conversation
UNION ALL
SELECT account, concat('solved/session=', conversation), 1
FROM events WHERE thanks GROUP BY account, conversation
UNION ALL
SELECT account, concat('conversations ', toString(toDate(at, '{ZONE}'))),
    uniqExact(conversation)
FROM events WHERE words != 0 GROUP BY account, toDate(at, '{ZONE}')
"""
DIFFERENT = f"""
SELECT mine.account, mine.accumulator, mine.total, found.total FROM
(
    SELECT account,
        if(accumulator = 'conversations',
            concat('conversations ', toString(toDate(period_start, '{ZONE}'))), accumulator)
            AS accumulator,
        total
    FROM accumulator_totals
) AS found
FULL JOIN ({BY_QUERY}) AS mine
ON mine.account = found.account AND mine.accumulator = found.accumulator
WHERE mine.total != found.total LIMIT 5
"""


class Event(NamedTuple):
    account: str
    at: Instant
    conversation: str
    words: Decimal
    thanks: int


def events_of(count: int, accounts: int) -> Iterator[Event]:
    """In about the order in which they happen, some of them up to forty days late."""
    random = Random(count)
    for number in range(count):
        at = START + SPAN_DAYS * DAY * number // count + random.randrange(HOUR)
        if random.random() < 0.1:
            at -= random.randrange(40 * DAY)
        account = f"a{random.randrange(accounts)}"
        conversation = f"{account}-{random.randrange(count // accounts // 20 + 1)}"
        is_thanks = random.random() < 0.1
        words = Decimal(0 if is_thanks else random.randrange(1, 10**6)).scaleb(-3)
        yield Event(account, at, conversation, words, int(is_thanks))


def record_of(number: int, event: Event) -> UsageRecord:
    name = f"e{number}"
    usage_type, unit = ("support", "solved") if event.thanks else ("talk", "words")
    attributes = {"conversation": event.conversation}
    if event.thanks:
        attributes["event"] = "thanks"
    return UsageRecord(
        record_id_of(tenant="t", source="s", event_id=name, part=0),
        "t", "s", name, 0, number, 0, usage_type, f"k-{event.account}", event.account,
        event.at, event.at, (Usage(unit, event.words or 1),), attributes,
    )  # fmt: skip


def make_plan() -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "catalog.yaml").write_text(CATALOG)
        return compile_plan(load_catalog(Path(folder)))


def charged(database: Database, count: int, accounts: int) -> MemoryState:
    """The state after all events, which are put in the database as they came."""
    plan, state, effects = make_plan(), MemoryState(), Effects()
    core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
    commands: list[Command] = [ActivateCatalog("c", "t", plan.version, BEGINNING)]
    for number in range(accounts):
        name = f"a{number}"
        put = PutAccount(name, "t", name, name, "postpaid", "CHF", ZONE, None)
        service = AssignService(
            f"s-{name}", "t", f"k-{name}", name, name, "1", "plan", BEGINNING, FOREVER
        )
        commands += [put, service]
    for command in commands:
        core.apply_command(command, state=state, effects=effects)
    raw: list[Event] = []
    for number, event in enumerate(events_of(count, accounts)):
        position = SourcePosition("t", 0, number, 0)
        core.charge_record(
            record_of(number, event), position=position, state=state, effects=effects
        )
        raw.append(event)
        if len(raw) == STEP:
            assert not effects.verdicts
            core.settle(state, effects)
            effects = Effects()
            put_events(database, raw)
            raw.clear()
    assert not effects.verdicts
    put_events(database, raw)
    return state


def put_events(database: Database, events: list[Event]) -> None:
    columns = zip(*events, strict=True)
    names = Event._fields
    kinds = (
        pa.string(), pa.timestamp("us", tz="UTC"), pa.string(), pa.decimal128(38, 12), pa.uint8(),
    )  # fmt: skip
    if events:
        arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        database.insert("events", pa.table(dict(zip(names, arrays, strict=True))))


def put_totals(database: Database, state: MemoryState) -> int:
    """Through the rows that the sink makes of a ledger record; how many totals there are."""
    delta = tuple(
        (bytes([Table.TALLIES]) + key, encode_value(value))
        for key, value in sorted(state.table(Table.TALLIES).items())
    )
    value = LedgerRecord(LEDGER_FORMAT, "step", 3, b"owner", 2, (5, 1), "e", delta=delta)
    packed = encode_ledger(value)
    step = StoredStep(2, 4, 1_795_000_000_123, decode_frame(packed), len(packed))
    for table, rows in LedgerRows().rows_of([step], database):
        database.insert(table, rows)
    return sum(len(tally.totals) for tally in state.table(Table.TALLIES).values())


def prove(settings: ClickHouseSettings, *, count: int, accounts: int) -> None:
    migrate(settings)
    with Database(settings) as database:
        database.command(EVENTS)
        state = charged(database, count, accounts)
        totals = put_totals(database, state)
        assert database.query(DIFFERENT) == []
        ((events, found),) = database.query(
            "SELECT (SELECT count() FROM events), (SELECT count() FROM accumulator_totals)"
        )
        ((by_query,),) = database.query(f"SELECT count() FROM ({BY_QUERY})")
        assert (events, found, by_query) == (count, totals, totals)


@pytest.mark.timeout(300)
def test_twin_of_five_thousand_events(clickhouse_settings: ClickHouseSettings) -> None:
    prove(clickhouse_settings, count=5_000, accounts=5)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_one_million_events(clickhouse_settings: ClickHouseSettings) -> None:
    prove(clickhouse_settings, count=1_000_000, accounts=500)
