"""Gifts between customers and accounts that move between roots, while processes die.

Savers have money and no usage: gifts go between them, and some of them move. Accounts of the load
move too, with usage on its way to them. What savers hold and what is between them is the same at
every position of every ledger.
"""

from collections.abc import Iterator
from decimal import Decimal

from connectors import clock
from connectors.api.answers import MovementAnswer, StatementPage
from connectors.api.statements import balance_at, statement_page
from connectors.clickhouse.audit.transit import in_transit
from connectors.clickhouse.client import Database
from connectors.kafka.codec import TABLE_DECODERS, decode_ledger
from connectors.kafka.commands import CommandSender
from connectors.kafka.ledger import Chain
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.bench.site import Site
from infra.load.population import VOICE_CURRENCY, VOICE_TENANT, ai_customer, voice_customer
from streams.due.arrive import MOVED_IN
from streams.due.leave import MOVED_OUT
from streams.due.transfer import BACK, GIVEN, GOT, IN_TRANSIT
from streams.model.account import Balances
from streams.model.balance_command import TopUp, Transfer
from streams.model.command import Command, PutAccount
from streams.model.move_command import MoveAccount
from streams.state import Table
from tests.crash.fold import read_all
from tests.crash.harness import Harness, Judgement

ON_ITS_WAY_S = 60.0
"""Nothing is between partitions for longer than this."""
EACH_HAS = Decimal(100)
NOBODY = "saver-nobody"
"""No such account: what goes to it comes back."""
EVENTS_AT_ONCE = 50
CARRIED = frozenset((GIVEN, GOT, BACK, MOVED_OUT, MOVED_IN))
_CENT = Decimal("0.01")


class MovingHarness(Harness):
    """An engine under attack in which accounts move and give, a few of both with each load."""

    def __init__(
        self, site: Site, *, seed: int, moves: int, gifts: int, savers: int = 24, accounts: int = 40
    ) -> None:
        super().__init__(site, seed=seed, accounts=accounts)
        self.moves_left = moves
        self.gifts_left = gifts
        self.moved: set[tuple[str, str]] = set()
        self._savers = [f"saver-{number:03d}" for number in range(savers)]
        self._customers = [make(number) for number in range(accounts) for make in _KINDS]
        self._roots: dict[tuple[str, str], str] = {}
        self._made = 0

    def open(self, bugs: dict[str, str] | None = None) -> None:
        """Everything once, and the savers with their money."""
        super().open(bugs)
        self._command([command for name in self._savers for command in self._opened(name)])
        self.site.wait(self.site.charged, "savers opened", within_s=60.0)

    def send(self, events: int, *, moves: int = 1, gifts: int = 5) -> None:
        """Some more usage, and with it what is left of moves and gifts, a few at a time.

        So few of each that there are some whenever an owner dies. Usage that goes by two homes is
        several messages: with as much of it as elsewhere, owners that die so often fall behind.
        """
        super().send(min(events, EVENTS_AT_ONCE))
        commands: list[Command] = [self._move() for _ in range(min(moves, self.moves_left))]
        self.moves_left -= len(commands)
        given = [self._gift() for _ in range(min(gifts, self.gifts_left))]
        self.gifts_left -= len(given)
        commands += given
        self.rng.shuffle(commands)
        self._command(commands)

    def settle(self) -> None:
        """All that was begun arrives within the time it may take."""
        while self.moves_left or self.gifts_left:
            self.send(50, moves=20, gifts=100)
        super().settle()
        self.site.wait(self._is_calm, "nothing in transit", within_s=ON_ITS_WAY_S)

    def judge(self) -> Judgement:
        """As of all engines; and no money has come or gone, nowhere on the way."""
        self._compare_histories()
        found = super().judge()
        kafka = self.site.kafka
        found.differences += [
            difference
            for partition in range(kafka.partitions)
            for difference in _unbalanced(kafka, partition)
        ]
        held, between = self._held()
        if held != EACH_HAS * len(self._savers) or any(between.values()):
            found.differences.append(f"savers hold {held}, between partitions {between}")
        return found

    def _opened(self, name: str) -> Iterator[Command]:
        tenant, currency = VOICE_TENANT, VOICE_CURRENCY
        yield PutAccount(f"put/{name}", tenant, name, name, "prepaid", currency, "UTC", None)
        at = self._start
        yield TopUp(f"top-up/{name}", tenant, name, name, EACH_HAS, currency, at, "saved")

    def _gift(self) -> Transfer:
        giver, taker = self.rng.sample(self._savers, 2)
        if self.rng.random() < 0.1:
            taker = NOBODY
        cents = Decimal(self.rng.randrange(1, 4_000))
        return Transfer(
            self._next("gift"),
            VOICE_TENANT,
            giver,
            self._root(VOICE_TENANT, giver),
            taker,
            self._root(VOICE_TENANT, taker),
            VOICE_CURRENCY,
            cents * _CENT,
            clock.now(),
        )

    def _move(self) -> MoveAccount:
        tenant, account = VOICE_TENANT, self.rng.choice(self._savers)
        if self.rng.random() < 0.5:
            customer = self.rng.choice(self._customers)
            tenant, account = customer.tenant, customer.account
        root = self._root(tenant, account)
        to_root = f"root-{self.rng.randrange(50):02d}"
        self.moved.add((tenant, account))
        self._roots[tenant, account] = to_root
        return MoveAccount(
            self._next("move"), tenant, account, root, to_root, clock.now(), "by the test"
        )

    def _root(self, tenant: str, account: str) -> str:
        """Where it went last, or as often where it began: what comes there is sent on."""
        known = self._roots.get((tenant, account), account)
        return known if self.rng.random() < 0.5 else account

    def _next(self, kind: str) -> str:
        self._made += 1
        return f"{kind}/{self._made}"

    def _command(self, commands: list[Command]) -> None:
        with CommandSender(self.site.kafka) as sender:
            sender.send(commands)

    def _is_calm(self) -> bool:
        if not self.site.charged():
            return False
        with Database(self.site.clickhouse) as database:
            return not any(in_transit(database))

    def _compare_histories(self) -> None:
        """What a saver held at any time is what its statement says, across every move.

        Each line goes on from what the one before left; by the ledger too, which has lines of it
        only where it lived.
        """
        with Database(self.site.clickhouse) as database:
            for name in self._savers:
                page = statement_page(
                    database, VOICE_TENANT, name, start=0, end=0, limit=1_000, after=""
                )
                assert page is not None
                told = sum((each.amount for each in page.movements), Decimal(0))
                closing = sum((each.remaining for each in page.closing), Decimal(0))
                past = balance_at(database, VOICE_TENANT, name, at=clock.now(), as_of=None)
                assert past is not None
                held = sum((each.remaining for each in past.buckets), Decimal(0))
                assert told == closing == held, (name, told, closing, held)
                left, homes = _left_by_lines(database, name), _homes(database, name)
                running = Decimal(0)
                for each in page.movements:
                    running += each.amount
                    by_ledger = left[each.position]
                    assert each.balance == running == by_ledger, _lines(page, homes, left, each)

    def _held(self) -> tuple[Decimal, dict[bytes, Decimal]]:
        """What savers hold in all, and by key what counters say to be between partitions."""
        held, between = Decimal(0), dict[bytes, Decimal]()
        for fold in self.folds:
            for key, value in fold.state.items():
                if key[0] == Table.BALANCES and key.split(b"\0")[1].startswith(b"saver-"):
                    balances: Balances = TABLE_DECODERS[Table.BALANCES](value)
                    held += sum((Decimal(each.remaining) for each in balances.buckets), Decimal(0))
                if key[0] == Table.COUNTERS and IN_TRANSIT.encode() in key:
                    total = Decimal(TABLE_DECODERS[Table.COUNTERS](value))
                    between[key] = between.get(key, Decimal(0)) + total
                if key[0] == Table.OUTBOX:
                    between[b"outbox"] = between.get(b"outbox", Decimal(0)) + 1
        return held, between


_KINDS = (ai_customer, voice_customer)


def _homes(database: Database, account: str) -> list[int]:
    """The partitions that the account has lived on, in the order that it did."""
    rows = database.query(
        """
        SELECT ledger_partition FROM accounts
        WHERE tenant = {tenant:String} AND account = {account:String} ORDER BY version
        """,
        {"tenant": VOICE_TENANT, "account": account},
    )
    return [home for (home,) in rows]


def _lines(
    page: StatementPage, homes: list[int], left: dict[str, Decimal], wrong: MovementAnswer
) -> str:
    """A statement with a wrong line, for who has to understand it."""
    told = [
        f"{each.position} {each.written_at} {each.kind} {each.amount} -> {each.balance},"
        f" {left[each.position]} there"
        for each in page.movements
    ]
    return "\n".join([f"{page.account} at {wrong.position}, homes {homes}", *told])


def _left_by_lines(database: Database, account: str) -> dict[str, Decimal]:
    """By its place in the ledger, what a movement left of the account's money where it was."""
    rows = database.query(
        """
        SELECT concat(toString(ledger_partition), '/', toString(ledger_offset), '/',
            toString(ledger_index)), changes.after[1]
        FROM rated FINAL WHERE tenant = {tenant:String} AND account = {account:String}
        """,
        {"tenant": VOICE_TENANT, "account": account},
    )
    return dict(rows)


def _unbalanced(kafka: KafkaSettings, partition: int) -> Iterator[str]:
    """Ledger records in which something carried does not stand where it came from or went."""
    chain = Chain()
    for offset, value in read_all(kafka, Topic.LEDGER, partition):
        record = decode_ledger(value)
        if not chain.accept(offset, record):
            continue
        sums: dict[str, Decimal] = {}
        for rated in record.rated:
            if rated.record.usage_type not in CARRIED:
                continue
            for posting in rated.postings:
                kind = posting.ledger_account
                if kind == IN_TRANSIT or kind.startswith("account"):
                    before = sums.get(posting.resource, Decimal(0))
                    sums[posting.resource] = before + Decimal(posting.amount)
        if any(sums.values()):
            yield f"ledger[{partition}]@{offset}: {sums}"
