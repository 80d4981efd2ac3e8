"""Discounts, taxes and shares of every catalog: parts sum to the whole, nothing is below zero."""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kafka.codec import encode_value
from streams.model.catalog import Catalog
from streams.model.money import CONTEXT, quantize_line
from streams.model.rated import ChargeLine, RatedUsage
from streams.model.usage import UsageRecord
from streams.rate.tax_bases import pieces_of
from tests.properties.money_rules import rich_catalogs
from tests.properties.worlds import World, records

QUICK = settings(max_examples=60, deadline=None)
ZERO = Decimal(0)


def charges(catalog: Catalog, usage: list[UsageRecord]) -> list[RatedUsage]:
    world = World(catalog, wallet=Decimal(2000))
    world.charge(usage)
    return world.effects.rated


def by_resource(rated: RatedUsage, ledger_account: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for posting in rated.postings:
        if posting.ledger_account.startswith(ledger_account):
            sums[posting.resource] += posting.amount
    return sums


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_postings_balance_and_lines_sum_to_the_amount(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    for rated in charges(catalog, usage):
        assert set(by_resource(rated, "").values()) <= {ZERO}
        assert sum((line.amount for line in rated.lines), ZERO) == rated.amount


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_nothing_falls_below_zero(catalog: Catalog, usage: list[UsageRecord]) -> None:
    mode = catalog.currencies[0].rounding
    for rated in charges(catalog, usage):
        least = ZERO if mode not in ("floor", "up") else Decimal("-1")
        assert rated.amount - rated.tax >= least
        assert rated.tax >= least


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_tax_is_what_is_posted_for_it(catalog: Catalog, usage: list[UsageRecord]) -> None:
    for rated in charges(catalog, usage):
        assert by_resource(rated, "tax_payable")["CHF"] == rated.tax


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_shares_sum_to_what_was_shared(catalog: Catalog, usage: list[UsageRecord]) -> None:
    of = {share.id: share.of for share in catalog.revenue_shares}
    for rated in charges(catalog, usage):
        told = [line for line in rated.lines if line.rule == "share"]
        whole = sum((Decimal(line.detail["amount"]) for line in told if not of[line.price]), ZERO)
        kept = sum((Decimal(line.detail.get("kept", line.detail["amount"])) for line in told), ZERO)
        assert whole == kept
        assert abs(whole) <= abs(rated.amount - rated.tax)
        paid = by_resource(rated, "partner_payable")["CHF"] + by_resource(rated, "exchange")["CHF"]
        assert paid == kept


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_a_limited_discount_gives_a_month_no_more(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = World(catalog, wallet=Decimal(2000))
    world.charge(usage)
    most = {f"discount:{each.id}": each.at_most or each.free_units for each in catalog.discounts}
    for account in ("a0", "a1"):
        held = world.totals(account)
        for name, _, _, total in held:
            if most.get(name) is not None:
                assert 0 <= total <= most[name]


@QUICK
@given(catalog=rich_catalogs(), usage=records())
def test_a_replay_is_the_same_byte_for_byte(catalog: Catalog, usage: list[UsageRecord]) -> None:
    once, again = charges(catalog, usage), charges(catalog, usage)
    assert [encode_value(each) for each in once] == [encode_value(each) for each in again]


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(["", "a", "b"]),
            st.decimals(-100, 1000, places=6, allow_nan=False, allow_infinity=False),
        ),
        max_size=5,
    ),
    off=st.decimals(0, 500, places=6, allow_nan=False, allow_infinity=False),
    by_line=st.booleans(),
)
def test_what_taxes_are_on_sums_to_the_amount(
    parts: list[tuple[str, Decimal]], off: Decimal, by_line: bool
) -> None:
    lines = [
        ChargeLine("per_unit", "p", f"u{n}", 1, part, quantize_line(part), {"tax_class": name})
        for n, (name, part) in enumerate(parts)
    ]
    lines.append(ChargeLine("discount", "d", "CHF", 1, -off, quantize_line(-off)))
    amount = sum((line.amount for line in lines), ZERO)
    pieces = pieces_of(lines, amount, "CHF", by_line=by_line)
    total = ZERO
    for piece in pieces:
        total = CONTEXT.add(total, piece.amount)
    assert total == amount
