"""Commands count once, whoever sends them again; time only goes forward."""

from decimal import Decimal

import pytest

from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.account import Account, Balances, Service
from streams.model.account_prices import AccountPrices, PriceList
from streams.model.balance_command import TopUp
from streams.model.catalog import (
    Catalog,
    CurrencyRule,
    PerUnit,
    Price,
    PriceOffer,
    PricePlan,
    UsageType,
)
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    DiscardSuspended,
    EndService,
    Forwarded,
    PutAccount,
    PutPrices,
    Receipt,
    Tick,
)
from streams.model.instant import BEGINNING, DAY, FOREVER, SECOND, Instant
from streams.model.usage import SourcePosition, Usage, UsageBatch, UsageRecord, record_id_of
from streams.partition import partition_of
from streams.rate.plan import compile_catalog
from streams.state import Effects, RecordState, Table, record_id_key

NOW: Instant = 1_740_787_200 * SECOND
PLAN = compile_catalog(
    Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(UsageType(id="x", units=("u",)),),
        price_plans=(
            PricePlan(
                id="p",
                currency="CHF",
                offers=(
                    PriceOffer(
                        id="o",
                        usage_type="x",
                        product="x",
                        start=BEGINNING,
                        prices=(Price(price=PerUnit(amounts={"u": Decimal(1)})),),
                    ),
                ),
            ),
        ),
    )
)
ACTIVATE = ActivateCatalog("activate", "t", PLAN.version, BEGINNING)
PUT = PutAccount("put", "t", "ada", "ada", "postpaid", "CHF", "UTC", None)


class Partition:
    def __init__(self, number: int = 0, partitions: int = 1) -> None:
        self.core = Charging(plans={PLAN.version: PLAN}, partitions=partitions, partition=number)
        self.state = MemoryState()
        self.effects = Effects()
        self.apply(ACTIVATE)

    def apply(self, *commands: Command) -> None:
        for command in commands:
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def charge(self, record: UsageRecord, offset: int = 0) -> None:
        where = SourcePosition("topic", 0, offset, 0)
        self.core.charge_record(record, position=where, state=self.state, effects=self.effects)

    def service(self) -> Service:
        found: Service = self.state.get(Table.SERVICES, b"t\0key")
        return found

    def money(self, account: str = "ada") -> Decimal:
        balances: Balances = self.state.get(Table.BALANCES, f"t\0{account}".encode())
        return Decimal(balances.buckets[-1].remaining)


def assign(command_id: str, account: str, start: Instant, end: Instant = FOREVER) -> AssignService:
    return AssignService(command_id, "t", "key", account, account, "1", "p", start, end)


def usage(event_id: str, at: Instant = NOW) -> UsageRecord:
    record_id = record_id_of(tenant="t", source="s", event_id=event_id, part=0)
    return UsageRecord(
        record_id, "t", "s", event_id, 0, 0, 0, "x", "key", "ada", at, at, (Usage("u", 1),), {}
    )


def test_a_known_command_id_does_nothing() -> None:
    one = Partition()
    top_up = TopUp("top", "t", "ada", "ada", Decimal(5), "CHF", NOW, "")
    one.apply(PUT, top_up, PUT, top_up, assign("a", "ada", NOW), assign("a", "ada", NOW))
    assert one.money() == 5
    assert len(one.effects.facts) == 2
    account: Account = one.state.get(Table.ACCOUNTS, b"t\0ada")
    assert account.version == 1


def test_money_for_an_account_that_is_not_yet_known_is_kept_for_it() -> None:
    one = Partition()
    one.apply(TopUp("top", "t", "ada", "ada", Decimal(5), "CHF", NOW, ""), PUT)
    assert one.money() == 5


def half_price(command_id: str, start: Instant = BEGINNING) -> PutPrices:
    prices = (Price(price=PerUnit(amounts={"u": Decimal("0.5")})),)
    return PutPrices(command_id, "t", "ada", "ada", PriceList("p", "x", "", start, prices=prices))


def test_agreed_prices_are_kept_for_an_account_that_is_not_yet_known() -> None:
    one = Partition()
    one.apply(half_price("agreed"), PUT, assign("a", "ada", BEGINNING))
    one.charge(usage("e"))
    assert [rated.amount for rated in one.effects.rated] == [Decimal("0.5")]


def test_agreed_prices_count_at_once_and_once() -> None:
    one = Partition()
    one.apply(PUT, assign("a", "ada", BEGINNING))
    one.charge(usage("before"), 1)
    one.apply(half_price("agreed"), half_price("agreed"))
    one.charge(usage("after"), 2)
    one.apply(PutAccount("again", "t", "ada", "ada", "postpaid", "CHF", "UTC", None))
    one.charge(usage("later"), 3)
    assert [str(rated.amount) for rated in one.effects.rated] == ["1.00", "0.50", "0.50"]
    held: AccountPrices = one.state.get(Table.ACCOUNT_PRICES, b"t\0ada")
    account: Account = one.state.get(Table.ACCOUNTS, b"t\0ada")
    assert (len(held.lists), account.version, account.has_prices) == (1, 3, True)


def test_a_later_assignment_of_the_same_root_ends_the_one_it_overlaps() -> None:
    one = Partition()
    one.apply(assign("a", "ada", BEGINNING), assign("b", "ada", NOW))
    spans = [(each.start, each.end) for each in one.service().assignments]
    assert spans == [(BEGINNING, NOW), (NOW, FOREVER)]


def test_the_claim_of_another_root_makes_a_service_ambiguous() -> None:
    one = Partition()
    one.apply(PUT, assign("a", "ada", BEGINNING), assign("b", "bob", NOW))
    one.charge(usage("before", NOW - 1), 1)
    one.charge(usage("after"), 2)
    assert [rated.record.event_id for rated in one.effects.rated] == ["before"]
    assert [verdict.code for verdict in one.effects.verdicts] == ["ambiguous_service"]


def test_time_only_goes_forward_and_takes_old_ids_along() -> None:
    one = Partition()
    one.apply(PUT, assign("a", "ada", BEGINNING))
    one.charge(usage("old", NOW))
    one.apply(Tick("1", NOW + 35 * DAY), Tick("2", NOW))
    assert one.state.get(Table.META, b"time") == NOW + 35 * DAY
    assert len(one.state.table(Table.RECORD_IDS)) == 1
    one.apply(Tick("3", NOW + 36 * DAY))
    assert one.state.table(Table.RECORD_IDS) == {}
    one.charge(usage("old", NOW), 9)
    assert [verdict.code for verdict in one.effects.verdicts] == ["outside_dedupe_window"]


def test_a_discard_closes_what_is_suspended_and_nothing_else() -> None:
    one = Partition()
    record = usage("e")
    discard = DiscardSuspended("d", "t", record.record_id, record.occurred_at, "ada", "mistake")
    one.charge(record)
    one.apply(discard, discard)
    one.apply(PUT, assign("a", "ada", BEGINNING))
    one.charge(record)
    codes = [(verdict.verdict, verdict.code) for verdict in one.effects.verdicts]
    assert codes == [("suspended", "unknown_service"), ("ignored", "discarded")]
    charged = usage("charged")
    one.charge(charged, 5)
    one.apply(
        DiscardSuspended("d2", "t", charged.record_id, charged.occurred_at, "ada", "too late")
    )
    mark = one.state.get(Table.RECORD_IDS, record_id_key(NOW, charged.record_id))
    assert mark.state == RecordState.CHARGED


def two_homes() -> tuple[str, str]:
    """Two roots that live on different partitions of two."""
    roots = [f"r{number}" for number in range(20)]
    first = next(root for root in roots if partition_of("t", root, 2) == 0)
    return first, next(root for root in roots if partition_of("t", root, 2) == 1)


def test_a_record_is_sent_on_once_and_its_receipt_clears_the_message() -> None:
    here, there = two_homes()
    old, new = Partition(0, 2), Partition(1, 2)
    old.apply(assign("a", here, BEGINNING), EndService("e", "t", "key", here, NOW, there))
    put = PutAccount("put", "t", there, there, "postpaid", "CHF", "UTC", None)
    new.apply(put, assign("b", there, NOW))
    for _ in range(2):
        old.charge(usage("e"))
    (message,) = old.effects.outbox
    assert message.partition == 1
    assert isinstance(message.command, Forwarded)
    new.apply(message.command, message.command)
    assert [rated.account for rated in new.effects.rated] == [there]
    assert new.effects.rated[0].position == SourcePosition("topic", 0, 0, 0)
    receipt = Receipt("r", 1, message.message_id)
    old.apply(receipt, receipt)
    assert old.effects.cleared == [message.message_id]
    assert old.state.table(Table.OUTBOX) == {}
    assert old.effects.verdicts == []


def test_a_record_that_goes_in_a_circle_is_not_sent_on_for_ever() -> None:
    here, there = two_homes()
    new = Partition(1, 2)
    new.apply(assign("b", there, BEGINNING), EndService("e", "t", "key", there, NOW, here))
    new.apply(Forwarded("f", 0, 1, UsageBatch("topic", 0, "", (usage("e"),))))
    (message,) = new.effects.outbox
    assert isinstance(message.command, Forwarded)
    assert (message.partition, message.command.hops) == (0, 1)
    assert new.effects.verdicts == []
    new.apply(Forwarded("g", 0, 2, UsageBatch("topic", 0, "", (usage("f"),)), hops=2))
    assert [verdict.code for verdict in new.effects.verdicts] == ["wrong_home"]
    assert len(new.effects.outbox) == 1


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (ActivateCatalog("x", "t", "other", BEGINNING), "other"),
        (ACTIVATE, None),
        (PUT, None),
    ],
)
def test_a_version_that_is_not_compiled_is_named(command: Command, missing: str | None) -> None:
    one = Partition()
    assert one.core.missing_version(command, one.state) == missing
