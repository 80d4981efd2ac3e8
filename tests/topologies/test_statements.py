"""Past balances and statements: the fold of what the sink stored, to the last digit."""

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from connectors import clock
from connectors.api.answers import HeldAnswer, MovementAnswer, StatementPage
from connectors.api.keys import Scope
from connectors.api.queries import balance_of
from connectors.api.statements import balance_at, position_of, statement_page
from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.errors import Refused
from connectors.kafka.codec import encode_value
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli import balance, statement
from streams.due.movement import Holder, Movement
from streams.model.account import Account, Balances, Bucket
from streams.model.instant import BEGINNING, FOREVER, Instant, format_instant
from streams.model.ledger import WHOLE, InputRange
from streams.model.rated import BalanceChange, Posting
from streams.state import Table
from tests.connectors.door import Door, DoorSettings, is_problem
from tests.connectors.ledger_world import NOON, TENANT, World
from tests.topologies.test_sink import drain

ACCOUNTS = tuple(f"account-{number:03d}" for number in range(12))
SOME = ACCOUNTS[::3]
MILLISECOND: Final[Instant] = 1_000


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def _next_millisecond() -> None:
    """The broker's times are whole milliseconds: what comes now is told apart from what was."""
    begun = clock.now() // MILLISECOND
    while clock.now() // MILLISECOND <= begun:
        time.sleep(0)


class Moments:
    """A world of several rounds, and what each account held after each of them."""

    def __init__(self, kafka: KafkaSettings, database: Database, *, rounds: int) -> None:
        self.world = World(kafka, seed=11)
        self.held: list[dict[str, Decimal]] = [{}]
        self.at: list[Instant] = [clock.now()]
        self.reached: list[dict[int, int]] = [{}]
        for _ in range(rounds):
            _next_millisecond()
            self.world.round()
            drain(kafka, database)
            _next_millisecond()
            self.held.append(dict(self.world.money))
            self.at.append(clock.now())
            rows = database.query("SELECT ledger_partition, max(ledger_offset) + 1 FROM steps"
                                  " GROUP BY ledger_partition")  # fmt: skip
            self.reached.append(dict(rows))


def money(held: list[HeldAnswer]) -> Decimal:
    return sum((each.remaining for each in held), Decimal(0))


def pages(database: Database, account: str, start: Instant, end: Instant) -> list[StatementPage]:
    found, after = [], ""
    while not found or after:
        page = statement_page(database, TENANT, account, start=start, end=end, limit=7, after=after)
        assert page is not None
        found.append(page)
        after = page.next
    return found


def test_any_past_moment_is_told_as_it_was(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    moments = Moments(kafka_settings, database, rounds=3)
    # What a repeated insert leaves counts once.
    database.command("INSERT INTO rated SELECT * FROM rated")
    for number, held in enumerate(moments.held):
        for account in SOME:
            by_time = balance_at(database, TENANT, account, at=moments.at[number])
            by_place = balance_at(database, TENANT, account, as_of=moments.reached[number])
            assert by_time is not None
            assert by_place is not None
            assert money(by_time.buckets) == held.get(account, 0)
            assert by_time.buckets == by_place.buckets
            assert all(each.remaining for each in by_time.buckets)


def test_now_is_what_the_balances_hold(kafka_settings: KafkaSettings, database: Database) -> None:
    Moments(kafka_settings, database, rounds=2)
    for account in ACCOUNTS:
        now = balance_of(database, TENANT, account)
        past = balance_at(database, TENANT, account)
        assert now is not None
        assert past is not None
        assert {(each.resource, each.id, each.period_start): each.remaining
                for each in now.buckets if each.remaining} == {
            (each.resource, each.bucket, each.period_start): each.remaining
            for each in past.buckets
        }  # fmt: skip
    assert balance_at(database, TENANT, "nobody") is None
    assert statement_page(database, TENANT, "nobody") is None
    assert balance_at(database, "other", ACCOUNTS[0]) is None


def test_a_statement_leads_from_its_opening_to_its_closing(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    moments = Moments(kafka_settings, database, rounds=3)
    kinds = set()
    for account in SOME:
        whole: list[MovementAnswer] = []
        for number in range(1, len(moments.at)):
            start, end = moments.at[number - 1], moments.at[number]
            found = pages(database, account, start, end)
            movements = [each for page in found for each in page.movements]
            opening, closing = moments.held[number - 1], moments.held[number]
            assert {money(page.opening) for page in found} == {opening.get(account, 0)}
            assert {money(page.closing) for page in found} == {closing.get(account, 0)}
            held = money(found[0].opening)
            for each in movements:
                held += each.amount
                assert each.balance == held
            assert held == money(found[0].closing)
            whole += movements
        kinds |= {each.kind for each in whole}
        everything = [each for page in pages(database, account, 0, 0) for each in page.movements]
        assert everything == whole
        assert len({each.position for each in whole}) == len(whole)
    assert kinds == {"usage", "top_up"}


def test_the_door_and_the_command_line_tell_the_same(
    kafka_settings: KafkaSettings,
    clickhouse_settings: ClickHouseSettings,
    database: Database,
    tmp_path: Path,
) -> None:
    moments = Moments(kafka_settings, database, rounds=2)
    between, account = format_instant(moments.at[1]), ACCOUNTS[1]
    door = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    try:
        client = door.client(Scope.READ, tenant=TENANT)
        path = f"/v1/tenants/{TENANT}/accounts/{account}"
        past = client.get(f"{path}/balance", params={"at": between}).json()
        page = client.get(f"{path}/statement", params={"from": between, "limit": 1}).json()
        for wrong in ("balance?at=noon", "balance?as_of=3", "balance?as_of=3/1&at=2026-01-01",
                      "statement?from=x", "statement?limit=0", "statement?after=x"):  # fmt: skip
            assert is_problem(client.get(f"{path}/{wrong}"), 400), wrong
        assert is_problem(client.get(f"{path}0/statement"), 404)
        assert is_problem(client.get(f"{path}0/balance?at=2026-01-01"), 404)
        document = client.get("/openapi.json").json()
    finally:
        door.close()
    assert page["opening"] == past["buckets"]
    assert len(page["movements"]) == 1
    for name, answer in (("PastBalanceAnswer", past), ("StatementPage", page)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer)
    assert typed(clickhouse_settings, balance.app, account, "--at", between) == past
    places = [f"{each['partition']}/{each['offset']}" for each in past["ledger"]]
    by_place = typed(clickhouse_settings, balance.app, account, "--as-of", *places)
    assert by_place["buckets"] == past["buckets"]
    whole = typed(clickhouse_settings, statement.app, account, "--from", between)
    assert whole["movements"][:1] == page["movements"]
    assert (whole["next"], whole["closing"]) == ("", page["closing"])
    first = typed(clickhouse_settings, statement.app, account, "--from", between, "--limit", "1")
    assert (first["movements"], first["next"]) == (page["movements"], page["next"])


def typed(settings: ClickHouseSettings, app: typer.Typer, *words: str) -> Any:
    """What a command answers as JSON."""
    environment = {
        "VIVACE_CLICKHOUSE_HOST": settings.host,
        "VIVACE_CLICKHOUSE_PORT": str(settings.port),
        "VIVACE_CLICKHOUSE_USER": settings.user,
        "VIVACE_CLICKHOUSE_PASSWORD": settings.password,
        "VIVACE_CLICKHOUSE_DATABASE": settings.database,
    }
    done = CliRunner().invoke(app, [*words, "-t", TENANT, "--json"], env=environment)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_another_account_used_stands_with_who_held_it(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    world = World(kafka_settings, seed=3)
    world.round(records=30)
    charge = next(each for each in world.rated if each.lines)
    beside = int(charge.account[-3:]) + kafka_settings.partitions
    member, root = charge.account, world.account_of(beside % len(ACCOUNTS))
    shared = replace(
        charge,
        record=replace(charge.record, event_id="shared", record_id=b"s" * 16),
        postings=(
            Posting("account", "USD", Decimal(-1)),
            Posting("revenue", "USD", Decimal(5)),
            Posting(f"account:{root}", "USD", Decimal(-4)),
        ),
        changes=(
            BalanceChange("USD", NOON, Decimal(9), Decimal(8)),
            BalanceChange("USD", NOON, Decimal(7), Decimal(3), "family", root),
        ),
    )
    partition = world.partition_of(member)
    world.append(partition, written=(99, WHOLE), inputs=(InputRange(99, 0, 0),),
                 rated=(shared,), origins=((0,), ()))  # fmt: skip
    world._producer.flush(10)
    drain(kafka_settings, database)
    told = {}
    for account in (member, root):
        page = statement_page(database, TENANT, account)
        assert page is not None
        told[account] = [
            (each.amount, each.balance, each.bucket, each.charged_account)
            for each in page.movements
            if each.event_id == "shared"
        ]
    assert told == {member: [(-1, 8, "", member)], root: [(-4, 3, "family", member)]}
    held = balance_at(database, TENANT, root)
    assert held is not None
    assert {each.bucket for each in held.buckets} >= {"family"}


@pytest.mark.parametrize("after", ["x", "1/2/3", "1/2/3/x", "1/2/3/4/5/6"])
def test_a_page_begins_where_another_ended(database: Database, after: str) -> None:
    with pytest.raises(Refused, match="`next` of the page before"):
        statement_page(database, TENANT, ACCOUNTS[0], after=after)


@pytest.mark.parametrize(
    "text", ["", "1", "1/", "/1", "-1/2", "1/2/3", "a/b", "١/2", "1/" + "9" * 40]
)
def test_a_ledger_position_is_a_partition_and_an_offset(text: str) -> None:
    assert position_of("3/1042") == (3, 1042)
    with pytest.raises(Refused):
        position_of(text)


class Travels:
    """Ledger records of an account that lives here and there; all may have one time."""

    def __init__(self, kafka: KafkaSettings, account: str) -> None:
        self.world = World(kafka, seed=5)
        self.account = account
        self.versions = self.made = 0

    def live(self, partition: int, *steps: tuple[int, int]) -> None:
        """It is told of there, with a first movement of its money and others after it."""
        self.versions += 1
        told = Account(TENANT, self.account, "r", "prepaid", "USD", "UTC", version=self.versions)
        first, *others = steps or ((0, 0),)
        self.move(partition, *first, facts=(told,))
        for step in others:
            self.move(partition, *step)

    def move(self, partition: int, before: int, after: int, **fields: Any) -> None:
        """A movement of its money; none where nothing changes."""
        self.made += 1
        bucket = Bucket("USD", BEGINNING, FOREVER, 0, after)
        movement = Movement("top_up", f"m{self.made}", NOON)
        movement.move(bucket, after, against="funding", before=before)
        holder = Holder(TENANT, self.account, "r", "USD")
        charge = movement.charge(holder, version="v1", partition=partition)
        key = bytes([Table.BALANCES]) + f"{TENANT}\0{self.account}".encode()
        self.world.append(
            partition,
            written=(99, WHOLE),
            inputs=(InputRange(99, 0, 0),),
            delta=((key, encode_value(Balances((bucket,)))),),
            rated=(charge,) if before != after else (),
            origins=((0,) if before != after else (), ()),
            **fields,
        )


def test_a_moved_account_is_told_home_by_home(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    travels = Travels(kafka_settings, "nomad")
    travels.live(1, (0, 100), (100, 90))
    # A gift waits where the account is still to come, one where it never comes.
    travels.move(0, 0, 5)
    travels.move(2, 0, 1)
    travels.move(1, 90, 80)
    travels.move(1, 80, 0)
    travels.live(0, (5, 85), (85, 70), (70, 0))
    travels.live(1, (0, 70), (70, 60), (60, 0))
    # Nothing was left to carry; it comes back with what it got since.
    travels.live(0)
    travels.move(0, 0, 9)
    travels.move(0, 9, 0)
    travels.live(1, (0, 9))
    travels.world._producer.flush(10)
    drain(kafka_settings, database)
    whole = [each for page in pages(database, "nomad", 0, 0) for each in page.movements]
    held = [90, 80, 0, 5, 85, 70, 0, 70, 60, 0, 9, 0, 9, 10]
    assert [each.balance for each in whole] == [100, *held]
    assert [int(each.position[0]) for each in whole] == [*[1] * 4, *[0] * 4, *[1] * 3, 0, 0, 1, 2]
    running = Decimal(0)
    for each in whole:
        running += each.amount
        assert each.balance == running
