"""What holds for every catalog and every usage."""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kafka.codec import encode_value
from streams.model.catalog import Catalog, Graduated, pack_catalog, unpack_catalog
from streams.model.instant import FOREVER
from streams.model.money import CONTEXT, Quantity, allot
from streams.model.usage import UsageRecord
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.price import Label
from streams.state import Table
from tests.properties.worlds import World, catalogs, graduated_prices, quantities, records

QUICK = settings(max_examples=40, deadline=None)


@settings(max_examples=150, deadline=None)
@given(
    kind=graduated_prices(),
    pieces=st.lists(quantities, min_size=1, max_size=12),
    used=st.integers(0, 1500),
)
def test_a_graduated_charge_does_not_depend_on_how_usage_was_cut(
    kind: Graduated, pieces: list[Quantity], used: int
) -> None:
    price = GraduatedPrice(kind, Label("p"))
    whole = sum((line.amount for line in price.lines(sum(pieces), used)), Decimal(0))
    cut, before = Decimal(0), Decimal(used)
    lines = 0
    for piece in pieces:
        found = price.lines(piece, before)
        lines += len(found)
        cut += sum((line.amount for line in found), Decimal(0))
        before += piece
    assert abs(cut - whole) <= Decimal("1e-12") * lines
    if kind.per in (1, 100):
        assert cut == whole


@QUICK
@given(catalog=catalogs(), usage=records())
def test_postings_of_every_record_sum_to_zero_for_every_resource(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = World(catalog)
    world.charge(usage)
    for rated in world.effects.rated:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in rated.postings:
            sums[posting.resource] += posting.amount
        assert set(sums.values()) <= {Decimal(0)}
        assert sum(line.amount for line in rated.lines) == rated.amount


@QUICK
@given(catalog=catalogs(), usage=records())
def test_balances_are_the_sum_of_postings_and_never_beyond_their_limit(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = World(catalog)
    world.charge(usage)
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    held["a0", "CHF"] = Decimal(20)
    for rated in world.effects.rated:
        for posting in rated.postings:
            if posting.ledger_account == "account":
                held[rated.account, posting.resource] += posting.amount
    counters: dict[str, Decimal] = defaultdict(Decimal)
    for key, value in world.state.table(Table.COUNTERS).items():
        counters[key.decode().split("\0")[2]] += value
    for key, balances in world.state.table(Table.BALANCES).items():
        account = key.decode().split("\0")[1]
        by_resource: dict[str, Decimal] = defaultdict(Decimal)
        for bucket in balances.buckets:
            by_resource[bucket.resource] += bucket.remaining
            counters[bucket.resource] += bucket.remaining
            assert bucket.remaining >= (-20 if account == "a1" and bucket.end == FOREVER else 0)
        assert {name: held[account, name] for name in by_resource} == by_resource
    assert set(counters.values()) <= {Decimal(0)}


@QUICK
@given(catalog=catalogs(), usage=records())
def test_accumulators_are_the_fold_of_what_was_charged(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = World(catalog)
    world.charge(usage)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    sums = catalog.accumulators[0].usage_units
    for rated in world.sent():
        for leaf in rated.record.usages:
            if not sums or leaf.unit in sums:
                expected[rated.account] += leaf.quantity
    for account, total in expected.items():
        held = world.state.get(Table.ACCUMULATORS, f"t\0{account}".encode())
        assert sum(entry[3] for entry in held.totals) == total


@QUICK
@given(catalog=catalogs(), usage=records())
def test_every_record_ends_once_however_often_it_is_delivered(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    once, again = World(catalog), World(catalog)
    once.charge(usage)
    again.charge(usage)
    again.charge(usage)
    assert len(once.sent()) + len(once.effects.verdicts) == len(usage)
    assert again.effects.rated == once.effects.rated
    assert {verdict.position: verdict for verdict in again.effects.verdicts} == {
        verdict.position: verdict for verdict in once.effects.verdicts
    }
    assert again.state.values == once.state.values
    ids = [alert.alert_id for alert in once.effects.alerts]
    assert len(set(ids)) == len(ids)


@QUICK
@given(catalog=catalogs(), usage=records())
def test_replay_is_the_same_byte_for_byte(catalog: Catalog, usage: list[UsageRecord]) -> None:
    one, other = World(catalog), World(unpack_catalog(pack_catalog(catalog)))
    one.charge(usage)
    other.charge(usage)
    for name in ("rated", "verdicts", "alerts"):
        assert encode_value(getattr(one.effects, name)) == encode_value(
            getattr(other.effects, name)
        )
    for table in Table:
        assert encode_value(list(one.state.table(table).items())) == encode_value(
            list(other.state.table(table).items())
        )


@given(
    total=st.integers(-(10**9), 10**9),
    weights=st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=8).filter(sum),
)
def test_parts_of_an_allotment_sum_to_the_whole_and_are_within_a_unit(
    total: int, weights: list[Decimal]
) -> None:
    parts = allot(total, weights)
    assert sum(parts) == total
    whole = sum(weights, Decimal(0))
    for part, weight in zip(parts, weights, strict=True):
        exact = CONTEXT.divide(CONTEXT.multiply(Decimal(total), weight), whole)
        assert abs(part - exact) < 1 + Decimal("1e-9")
