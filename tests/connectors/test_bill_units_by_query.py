"""Bill units as the database tells them are what the core charged: by view, door and audit."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import jsonschema
import msgspec
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from connectors.api.bill_units import BillUnitsAnswer, bill_units
from connectors.api.keys import Scope
from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.money import aggregates_equal
from connectors.clickhouse.client import Database
from connectors.clickhouse.commands import PlacedCommand, command_columns
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.positions import Position, position_rows
from connectors.clickhouse.steps import StoredStep, decode_frame
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.codec import encode_ledger, encode_value
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli.bill_units import app
from streams.charge import Charging
from streams.due.movement import is_movement
from streams.memory import MemoryState
from streams.model.balance_command import Adjust
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant, format_instant
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.rated import RatedUsage
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.state import Effects, Table
from tests.connectors.door import Door, DoorSettings, is_problem

JANUARY = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""
TENTH = JANUARY + 9 * DAY
CATALOG = """
tenant: t
currencies: [{code: CHF, rounding: half_up}]
usage_types: [{id: talk, units: [words]}]
price_plans:
  - id: plan
    currency: CHF
    fees: [{id: base, amount: 30, every: month, charged: arrears}]
    offers:
      - id: talks
        usage_type: talk
        from: 2020-01-01
        prices: [{per_unit: {amounts: {words: 0.01}}}]
"""
HOUR_GRACE = HOUR


class Billed:
    """A core whose charges go into the database, a ledger record a day."""

    def __init__(self, database: Database) -> None:
        with TemporaryDirectory() as folder:
            (Path(folder) / "catalog.yaml").write_text(CATALOG)
            plan = compile_plan(load_catalog(Path(folder)))
        self._database = database
        self._core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self._rows = LedgerRows()
        self._state = MemoryState()
        self._effects = Effects()
        self._commands: list[PlacedCommand] = []
        self._sent = 0
        self.offset = -1
        self.charges: list[RatedUsage] = []
        self.do(ActivateCatalog("c", "t", plan.version, BEGINNING))

    def do(self, command: Command) -> None:
        self._commands.append(PlacedCommand(0, self._sent, 0, 0, command))
        self._sent += 1
        self._core.apply_command(command, state=self._state, effects=self._effects)

    def use(self, name: str, account: str, at: Instant, words: int) -> None:
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0),
            "t", "s", name, 0, len(self.charges), 0, "talk", f"k-{account}", account,
            at, at, (Usage("words", words),), {},
        )  # fmt: skip
        position = SourcePosition("t", 0, int(name), 0)
        self._core.charge_record(
            record, position=position, state=self._state, effects=self._effects
        )

    def store(self) -> None:
        """A ledger record with all since the last one, its commands, and the position after it."""
        effects, self._effects = self._effects, Effects()
        self._core.settle(self._state, effects)
        assert not effects.verdicts
        self.offset += 1
        delta = tuple(
            (bytes([table]) + key, encode_value(value))
            for table in (Table.BALANCES, Table.BILLED_UNITS)
            for key, value in sorted(self._state.table(table).items())
        )
        written = (self._sent - 1, 0)
        value = LedgerRecord(
            LEDGER_FORMAT, "step", self.offset - 1, b"owner", 1, written, "e",
            delta=delta, rated=tuple(effects.rated), facts=tuple(effects.facts),
        )  # fmt: skip
        packed = encode_ledger(value)
        step = StoredStep(0, self.offset, 1_767_225_600_000, decode_frame(packed), len(packed))
        for table, rows in self._rows.rows_of([step], self._database):
            self._database.insert(table, rows)
        if self._commands:
            self._database.insert("commands", pa.table(command_columns(self._commands)))
            self._commands.clear()
        reached = {0: Position(self.offset, written)}
        self._database.insert("positions", position_rows("ledger", "id", reached))
        self.charges += effects.rated

    def told(self, account: str) -> BillUnitsAnswer:
        found = bill_units(self._database, "t", account, grace=HOUR_GRACE)
        assert found is not None
        return found


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def run(database: Database, *, days: int) -> Billed:
    """Ada by calendar months in Zurich; bob from the tenth on by anniversary, with two days."""
    billed, random = Billed(database), Random(days)
    for name in ("ada", "bob"):
        zone = "Europe/Zurich" if name == "ada" else "UTC"
        billed.do(PutAccount(name, "t", name, name, "postpaid", "CHF", zone, None))
        billed.do(
            AssignService(f"s-{name}", "t", f"k-{name}", name, name, "1", "plan", JANUARY, FOREVER)
        )
    billed.do(Tick("first", JANUARY))
    number = 0
    for day in range(days):
        time = JANUARY + day * DAY
        billed.do(Tick(f"tick/{day}", time))
        if day == 9:
            cycle = BillingPeriod(id="billing", unit="month", day=10)
            billed.do(PutBillingProfile("p", "t", "bob", "bob", cycle, TENTH, 2 * DAY, "CHF", time))
        for _ in range(20):
            late = random.choice((0, 0, 0, random.randrange(6 * DAY)))
            at = max(time - late, JANUARY)
            billed.use(str(number), random.choice(("ada", "bob")), at, random.randrange(1, 999))
            number += 1
        if day % 11 == 3:
            amount = Decimal(random.randrange(1, 99)).scaleb(-2)
            billed.do(Adjust(f"a/{day}", "t", "bob", "bob", amount, "CHF", time, "sorry"))
        billed.store()
    return billed


def test_views_door_and_audit_tell_the_units_that_were_charged(database: Database) -> None:
    billed = run(database, days=45)
    mine: dict[tuple[str, Instant], list[RatedUsage]] = defaultdict(list)
    for charge in billed.charges:
        mine[charge.account, charge.bill_unit].append(charge)
    by_view = {
        (account, unit): (records, amount)
        for account, unit, records, amount in database.query(
            "SELECT account, toUnixTimestamp64Micro(bill_unit), records, amount FROM bill_units"
        )
    }
    sums = {key: (len(held), sum(each.amount for each in held)) for key, held in mine.items()}
    assert by_view == sums
    for name in ("ada", "bob"):
        for unit in billed.told(name).units:
            held = [
                each
                for (account, start), charges in mine.items()
                if account == name and format_instant(start) == unit.start
                for each in charges
            ]
            (total,) = unit.totals
            priced = [each for each in held if not is_movement(each)]
            late = [each for each in priced if each.record.occurred_at < each.bill_unit]
            assert (total.charges, total.movements) == (len(priced), len(held) - len(priced))
            assert total.amount == sum(each.amount for each in held)
            assert sum(each.charges for each in total.late) == len(late)
            assert sum(each.amount for each in total.late) == sum(each.amount for each in late)
            assert all(each.of < unit.start for each in total.late)
            given = sum(
                -leg.amount for each in held for leg in each.postings
                if leg.ledger_account == "adjustment"
            )  # fmt: skip
            assert total.adjusted == given
            (used,) = unit.resources
            assert used.amount == given - total.amount
    cut = Cut({}, {0: billed.offset})
    assert aggregates_equal(database, cut).is_clean
    database.command(
        "ALTER TABLE charges_by_day UPDATE amount = amount + 1 WHERE account = 'bob'"
        " SETTINGS mutations_sync = 1"
    )
    assert not aggregates_equal(database, cut).is_clean


def test_a_unit_is_open_then_closing_then_closed_then_billed(database: Database) -> None:
    billed = run(database, days=42)
    assert [(each.start[:10], each.status) for each in billed.told("bob").units] == [
        ("2026-01-01", "closed"),
        ("2026-01-10", "closing"),
        ("2026-02-10", "open"),
    ]
    billed.do(Tick("on", JANUARY + 42 * DAY - 1))
    billed.store()
    assert billed.told("bob").units[1].status == "closing"
    billed.do(Tick("past", JANUARY + 42 * DAY))
    billed.store()
    (first, second, third) = billed.told("bob").units
    assert (first.status, second.status, third.status) == ("closed", "closed", "open")
    assert (second.end[:10], second.closes_at[:10]) == ("2026-02-10", "2026-02-12")
    billed.do(MarkBilled("m", "t", "bob", "bob", TENTH, "I-7", JANUARY + 42 * DAY))
    billed.store()
    (first, second, third) = billed.told("bob").units
    assert [each.invoice for each in (first, second, third)] == ["", "I-7", ""]
    assert (first.status, second.status) == ("closed", "billed")
    assert database.query("SELECT account, invoice FROM bill_units WHERE invoice != ''") == [
        ("bob", "I-7")
    ]


def test_the_door_and_the_command_line_tell_the_same(
    kafka_settings: KafkaSettings,
    clickhouse_settings: ClickHouseSettings,
    database: Database,
    tmp_path: Path,
) -> None:
    billed = run(database, days=15)
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "catalog.yaml").write_text(CATALOG)
    activate(kafka_settings, tenant="t", version=publish(kafka_settings, load_catalog(folder)))
    door = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    path = "/v1/tenants/t/accounts/bob/bill-units"
    try:
        client = door.client(Scope.READ, tenant="t")
        found = client.get(path).json()
        assert is_problem(client.get(path.replace("bob", "nobody")), 404)
        document = client.get("/openapi.json").json()
        writer = door.client(Scope.WRITE, tenant="t")
        marked = writer.post(f"{path}/billed", json={"unit": "2026-01-01", "invoice": "I-1"})
        put = writer.post(path.replace("bill-units", "billing-profile"), json={"cycle": {"day": 5}})
        wrong = writer.post(
            path.replace("bill-units", "billing-profile"), json={"cycle": {"day": 32}}
        )
    finally:
        door.close()
    assert (marked.status_code, put.status_code) == (202, 202)
    assert is_problem(wrong, 422)
    schema = {"$ref": "#/components/schemas/BillUnitsAnswer", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(found)
    told = msgspec.json.decode(msgspec.json.encode(billed.told("bob")))
    assert found == told
    environment = {
        "VIVACE_KAFKA_BOOTSTRAP": kafka_settings.bootstrap,
        "VIVACE_KAFKA_PREFIX": kafka_settings.prefix,
        "VIVACE_CLICKHOUSE_HOST": clickhouse_settings.host,
        "VIVACE_CLICKHOUSE_PORT": str(clickhouse_settings.port),
        "VIVACE_CLICKHOUSE_USER": clickhouse_settings.user,
        "VIVACE_CLICKHOUSE_PASSWORD": clickhouse_settings.password,
        "VIVACE_CLICKHOUSE_DATABASE": clickhouse_settings.database,
    }
    done = CliRunner().invoke(app, ["bob", "-t", "t", "--json"], env=environment)
    assert json.loads(done.stdout) == told
    shown = CliRunner().invoke(app, ["bob", "-t", "t"], env=environment)
    assert "2026-01-10" in shown.stdout
    assert "closed" in shown.stdout
    assert CliRunner().invoke(app, ["nobody", "-t", "t"], env=environment).exit_code == 1


def test_of_an_account_that_is_not_known_nothing_is_told(database: Database) -> None:
    assert bill_units(database, "t", "nobody", grace=HOUR) is None
