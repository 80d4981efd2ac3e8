"""`vivace account`: what a person types becomes the command that an account's owner takes."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.catalog.load import load_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.codec import decode_charging
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.cli.account import app
from streams.model.account_period import CYCLE
from streams.model.balance_command import Adjust, ConvertPoints, GrantAllowance, TopUp, VoidGrant
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.billing_period import BillingPeriod
from streams.model.command import (
    ActivateCatalog,
    AssignService,
    Command,
    EndService,
    PutAccount,
    PutAttributes,
    PutPrices,
    PutStatus,
)
from streams.model.grant import RollOver
from streams.model.instant import DAY, FOREVER
from streams.partition import partition_of
from tests.topologies.small_ledger import committed

DAY_1 = 20_454 * DAY
"""2026-01-01."""

SHOP = """\
tenant: acme
currencies: [{code: CHF}]
usage_types: [{id: call, units: [min]}]
price_plans:
  - id: voice
    currency: CHF
    offers:
      - {id: calls, usage_type: call, from: 2026-01-01, prices: [{per_unit: {amounts: {min: 1}}}]}
"""
AGREED = "price_plan: voice\nusage_type: call\nfrom: 2026-01-01\n"


class Typed:
    """A command line on a broker of its own; what was typed stands in topic `charging`."""

    def __init__(self, settings: KafkaSettings, data: Path) -> None:
        self._settings = settings
        self._environment = {
            "VIVACE_DATA": str(data),
            "VIVACE_KAFKA_BOOTSTRAP": settings.bootstrap,
            "VIVACE_KAFKA_PREFIX": settings.prefix,
            "VIVACE_PARTITIONS": str(settings.partitions),
        }

    def account(self, *words: str, plain: bool = False) -> None:
        """With `plain`, the words are all that is typed."""
        typed = words if plain else (*words, "-t", "acme", "--no-wait", "--json")
        done = CliRunner().invoke(app, ["account", *typed], env=self._environment)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["commands"] == 1

    def all_sent(self) -> list[Command]:
        return [
            command
            for message in committed(self._settings, Topic.CHARGING)
            for command in decode_charging(message.value())
        ]

    def sent(self) -> list[Command]:
        found: list[Command] = []
        for message in committed(self._settings, Topic.CHARGING):
            for command in decode_charging(message.value()):
                assert not isinstance(command, bytes)
                assert message.partition() == partition_of(
                    "acme", command.root, self._settings.partitions
                )
                found.append(command)
        return found


@pytest.fixture
def typed(kafka_settings: KafkaSettings, tmp_path: Path) -> Typed:
    return Typed(kafka_settings, tmp_path)


def test_each_command_is_sent_as_it_was_typed(typed: Typed) -> None:
    where = ("--currency", "CHF", "--time-zone", "Europe/Zurich")
    said = ("--attribute", "segment=gold", "--attribute", "country=CH")
    typed.account("put", "ada", "--payment", "prepaid", *where, *said, "--id", "1")
    typed.account("assign", "key", "ada", "--plan", "dev", "--from", "2026-01-01", "--id", "2")
    typed.account("end-service", "key", "--root", "ada", "--at", "2026-01-01", "--id", "3")
    typed.account("top-up", "ada", "9.50", "--currency", "CHF", "--reason", "cash", "--id", "4")
    since = ("--from", "2026-01-01", "--service", "key", "--reason", "fraud", "--id", "5")
    typed.account("status", "ada", "suspended", *since)
    put, assign, end, top_up, status = typed.sent()
    segment = {"segment": "gold", "country": "CH"}
    assert put == PutAccount(
        "1", "acme", "ada", "ada", "prepaid", "CHF", "Europe/Zurich", None, segment
    )
    assert assign == AssignService("2", "acme", "key", "ada", "ada", "key", "dev", DAY_1, FOREVER)
    assert end == EndService("3", "acme", "key", "ada", DAY_1, "")
    assert status == PutStatus(
        "5", "acme", "ada", "ada", "suspended", DAY_1, service_id="key", reason="fraud"
    )
    assert isinstance(top_up, TopUp)
    assert (top_up.command_id, top_up.amount, top_up.reason) == ("4", Decimal("9.50"), "cash")


def test_billing_and_marks_of_invoices_are_sent_as_typed(typed: Typed) -> None:
    since = ("--from", "2026-01-01", "--grace-s", "60", "--currency", "CHF", "--id", "1")
    typed.account("billing", "ada", "--day", "15", "--zone", "Europe/Zurich", *since)
    typed.account("billing", "ada", "--unit", "week", "--every", "2", "--anchor", "2026-01-01")
    typed.account("billed", "ada", "2026-01-01", "I-7", "--root", "family")
    monthly, biweekly, billed = typed.sent()
    cycle = BillingPeriod(id="billing", unit="month", day=15, time_zone="Europe/Zurich")
    assert isinstance(monthly, PutBillingProfile)
    assert (monthly.cycle, monthly.start, monthly.grace) == (cycle, DAY_1, 60_000_000)
    assert isinstance(biweekly, PutBillingProfile)
    assert biweekly.cycle == BillingPeriod(id="billing", unit="week", every=2, anchor=DAY_1)
    assert isinstance(billed, MarkBilled)
    assert (billed.root, billed.unit, billed.invoice) == ("family", DAY_1, "I-7")
    for wrong in (("--unit", "hour"), ("--unit", "week", "--day", "3"), ("--day", "32")):
        words = ["account", "billing", "ada", *wrong, "-t", "acme"]
        assert CliRunner().invoke(app, words).exit_code == 2


def test_attributes_are_put_from_a_time_on(typed: Typed) -> None:
    span = ("--from", "2026-01-01", "--until", "2026-02-01", "--reason", "quote")
    typed.account("attributes", "ada", "tier=gold", "note=a=b", *span, "--id", "1")
    typed.account("attributes", "ada", "seats=12", "--service", "key", "--id", "2")
    month, of_service = typed.sent()
    assert isinstance(month, PutAttributes)
    assert isinstance(of_service, PutAttributes)
    assert month.attributes == {"tier": "gold", "note": "a=b"}
    assert (month.start, month.end - month.start) == (DAY_1, 31 * 86_400_000_000)
    assert (month.subscription, month.service_id, month.reason) == ("", "", "quote")
    assert (of_service.service_id, of_service.end) == ("key", FOREVER)
    for wrong in (
        ("tier",),
        ("tier=",),
        ("a=b", "--service", "k", "--subscription", "s"),
        ("a=b", "--from", "2026-01-02", "--until", "2026-01-02"),
    ):
        words = ["account", "attributes", "ada", *wrong, "-t", "acme"]
        assert CliRunner().invoke(app, words).exit_code == 2


def test_a_top_up_may_open_a_wallet(typed: Typed) -> None:
    terms = ("--wallet", "gift", "--priority", "2", "--until", "2999-01-01", "--product", "voice")
    typed.account("top-up", "ada", "1", "--currency", "CHF", *terms)
    (found,) = typed.sent()
    assert isinstance(found, TopUp)
    assert (found.wallet, found.priority, found.products) == ("gift", 2, ("voice",))
    assert found.occurred_at < found.end < FOREVER


def test_terms_of_a_wallet_are_for_a_wallet_that_is_not_over(typed: Typed) -> None:
    money = ("ada", "1", "--currency", "CHF")
    for terms in (("--product", "voice"), ("--wallet", "gift", "--until", "2000-01-01")):
        words = ["account", "top-up", *money, *terms, "-t", "acme"]
        assert CliRunner().invoke(app, words).exit_code == 2


def test_an_account_is_granted_so_much_of_an_allowance(typed: Typed) -> None:
    typed.account("grant", "ada", "gift", "free", "50", "--from", "2026-01-01", "--id", "1")
    terms = ("--every", "week", "--anchor", "2026-01-03", "--priority", "2", "--product", "voice")
    rolls = ("--roll-over", "3", "--roll-over-percent", "50", "--until", "2027-01-01")
    rolls = (*rolls, "--renews-for", "4.5")
    typed.account("grant", "ada", "weekly", "free", "1.5", "--from", "2026-01-01", *terms, *rolls)
    typed.account("void", "ada", "gift", "--reason", "asked for", "--root", "family", "--id", "3")
    once, weekly, void = typed.sent()
    assert once == GrantAllowance(
        "1", "acme", "ada", "ada", "gift", "free", Decimal(50), DAY_1, FOREVER
    )
    assert isinstance(weekly, GrantAllowance)
    assert weekly.every == BillingPeriod(id="week", unit="week", anchor=DAY_1 + 2 * DAY)
    assert weekly.roll_over == RollOver(percent=Decimal(50), periods=3)
    assert weekly.renews_for == Decimal("4.5")
    assert (weekly.priority, weekly.products, weekly.end) == (2, ("voice",), DAY_1 + 365 * DAY)
    assert isinstance(void, VoidGrant)
    assert (void.root, void.grant, void.reason) == ("family", "gift", "asked for")


def test_an_allowance_is_granted_for_each_bill_unit(typed: Typed) -> None:
    typed.account("grant", "ada", "gift", "free", "50", "--every", "billing_cycle")
    (granted,) = typed.sent()
    assert isinstance(granted, GrantAllowance)
    assert granted.every == CYCLE
    words = ["account", "grant", "ada", "gift", "free", "1", "--every", "billing_cycle"]
    assert CliRunner().invoke(app, [*words, "--anchor", "2026-01-01", "-t", "acme"]).exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("0",),
        ("1", "--from", "2026-01-02", "--until", "2026-01-02"),
        ("1", "--every", "fortnight"),
        ("1", "--roll-over", "1"),
        ("1", "--renews-for", "1"),
        ("1", "--every", "day", "--roll-over-percent", "50"),
    ],
)
def test_a_grant_that_cannot_be_meant_is_refused(words: tuple[str, ...]) -> None:
    said = ["account", "grant", "ada", "gift", "free", *words, "-t", "acme"]
    assert CliRunner().invoke(app, said).exit_code == 2


def test_money_by_hand_has_a_sign_and_a_reason(typed: Typed) -> None:
    typed.account(
        *("adjust", "--currency", "CHF", "--reason", "chargeback", "--reference", "t-1"),
        *("--approved-by", "grace", "--id", "5", "--wallet", "gift", "-t", "acme", "ada"),
        *("--json", "--no-wait", "--", "-9.50"),
        plain=True,
    )
    typed.account("convert", "ada", "cash", "40", "--id", "6")
    taken, converted = typed.sent()
    assert isinstance(taken, Adjust)
    assert (taken.command_id, taken.amount, taken.reason) == ("5", Decimal("-9.50"), "chargeback")
    assert (taken.reference, taken.approved_by, taken.wallet) == ("t-1", "grace", "gift")
    assert isinstance(converted, ConvertPoints)
    assert (converted.conversion, converted.points) == ("cash", Decimal(40))
    for words in (
        ("adjust", "ada", "0", "--currency", "CHF", "--reason", "x"),
        ("adjust", "ada", "1", "--currency", "CHF", "--reason", " "),
        ("convert", "ada", "cash", "0"),
    ):
        assert CliRunner().invoke(app, ["account", *words, "-t", "acme"]).exit_code == 2


def test_a_command_without_an_id_gets_one_of_its_own(typed: Typed) -> None:
    for _ in range(2):
        typed.account("top-up", "ada", "1", "--currency", "CHF", "--root", "acme-group")
    first, second = typed.sent()
    assert first.command_id != second.command_id


def test_what_cannot_be_meant_is_refused_before_anything_is_sent(typed: Typed) -> None:
    with pytest.raises(AssertionError, match="a top-up is more than nothing"):
        typed.account("top-up", "ada", "0", "--currency", "CHF")
    where = ("--currency", "CHF", "--time-zone", "UTC")
    with pytest.raises(AssertionError, match="no time zone"):
        typed.account(
            "put", "a", "--payment", "prepaid", "--currency", "CHF", "--time-zone", "Mars/City"
        )
    with pytest.raises(AssertionError, match="'gold' is no attribute"):
        typed.account("put", "a", "--payment", "prepaid", *where, "--attribute", "gold")
    with pytest.raises(AssertionError, match="not 'asleep'"):
        typed.account("status", "ada", "asleep")
    assert typed.sent() == []


def test_agreed_prices_are_checked_by_the_catalog_that_counts_and_sent(
    typed: Typed, kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    folder, file = tmp_path / "catalog", tmp_path / "agreed.yaml"
    folder.mkdir()
    (folder / "catalog.yaml").write_text(SHOP)
    catalog = load_catalog(folder)
    activate(kafka_settings, tenant="acme", version=publish(kafka_settings, catalog))
    file.write_text(AGREED + "prices: [{per_unit: {amounts: {seconds: 1}}}]")
    with pytest.raises(AssertionError, match="in this catalog; there are: min"):
        typed.account("prices", "ada", str(file))
    file.write_text(AGREED + "prices: [{per_unit: {amounts: {min: 0.5}}}]")
    typed.account("prices", "ada", str(file), "--id", "quote-1")
    found = [each for each in typed.all_sent() if not isinstance(each, ActivateCatalog)]
    (put,) = found
    assert isinstance(put, PutPrices)
    assert (put.command_id, put.account, put.prices.start) == ("quote-1", "ada", DAY_1)
