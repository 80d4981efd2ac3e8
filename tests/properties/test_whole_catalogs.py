"""Money of every catalog: whatever is sold how, postings balance, parts are the whole, replay same.

What the tests can see has been tried by mistakes put in: a share that is given twice, a tax that is
earned, or lost in rounding, points and allowances posted on one side alone, discounts in the order
of a hash.
"""

import os
import pickle
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.model.catalog import Catalog, pack_catalog, unpack_catalog, version_of
from streams.model.rated import RatedUsage
from streams.model.usage import UsageRecord
from streams.state import Table
from tests.properties.replayed import WALLET, Case, digest_of, outcome_of
from tests.properties.whole_catalogs import whole_catalogs, worded_records
from tests.properties.worlds import World

MANY = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
ZERO = Decimal(0)
BORNE_BY = ("account", "overrun", "write_off")
"""Who bears a charge: all that is not the tenant's own side of it."""


def charges(catalog: Catalog, usage: list[UsageRecord]) -> list[RatedUsage]:
    world = World(catalog, wallet=WALLET)
    world.charge(usage)
    assert len(world.sent()) + len(world.effects.verdicts) == len(usage)
    assert not [each for each in world.effects.verdicts if each.code == "internal_error"]
    return world.effects.rated


def posted(rated: RatedUsage) -> dict[str, dict[str, Decimal]]:
    """What is posted by ledger account, told without what follows a colon, and resource."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for posting in rated.postings:
        sums[posting.ledger_account.partition(":")[0]][posting.resource] += posting.amount
    return sums


@MANY
@given(catalog=whole_catalogs(), usage=worded_records())
def test_every_charge_balances_and_is_borne_whole(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    for rated in charges(catalog, usage):
        sums = posted(rated)
        for resource in {posting.resource for posting in rated.postings}:
            assert sum((by[resource] for by in sums.values()), ZERO) == 0
        assert sum((line.amount for line in rated.lines), ZERO) == rated.amount
        assert sum((sums[name]["CHF"] for name in BORNE_BY), ZERO) == -rated.amount
        assert sums["tax_payable"]["CHF"] == rated.tax
        nothing = [posting for posting in rated.postings if not posting.amount]
        assert nothing == []
        moved: dict[str, Decimal] = defaultdict(Decimal)
        for change in rated.changes:
            moved[change.resource] += change.after - change.before
        assert {name: total for name, total in sums["account"].items() if total} == {
            name: total for name, total in moved.items() if total
        }


@MANY
@given(catalog=whole_catalogs(), usage=worded_records())
def test_shares_are_cut_from_the_revenue_and_sum_to_it(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    of = {share.id: share.of for share in catalog.revenue_shares}
    for rated in charges(catalog, usage):
        sums = posted(rated)
        lines = [line for line in rated.lines if line.rule == "share"]
        cut = sum((Decimal(line.detail["amount"]) for line in lines if not of[line.price]), ZERO)
        kept = sum(
            (Decimal(line.detail.get("kept", line.detail["amount"])) for line in lines), ZERO
        )
        assert cut == kept
        assert sums["partner_payable"]["CHF"] + sums["exchange"]["CHF"] == kept
        # Rounding is less than a minor unit: all else that is paid is earned, or another's.
        assert abs(sums["rounding"]["CHF"]) < Decimal(1).scaleb(-catalog.currencies[0].digits)
        left = rated.amount - rated.tax - kept
        assert sums["revenue"]["CHF"] + sums["rounding"]["CHF"] == left
        assert min(rated.amount, ZERO) <= left <= max(rated.amount, ZERO)


@MANY
@given(catalog=whole_catalogs(), usage=worded_records())
def test_what_accounts_and_counter_accounts_hold_is_nothing_together(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    world = World(catalog, wallet=WALLET)
    world.charge(usage)
    held: dict[str, Decimal] = defaultdict(Decimal)
    for key, value in world.state.table(Table.COUNTERS).items():
        held[key.decode().split("\0")[2]] += value
    for balances in world.state.table(Table.BALANCES).values():
        for bucket in balances.buckets:
            held[bucket.resource] += bucket.remaining
    assert set(held.values()) <= {ZERO}


@MANY
@given(catalog=whole_catalogs(), usage=worded_records())
def test_a_catalog_read_back_is_the_same_and_charges_the_same_byte_for_byte(
    catalog: Catalog, usage: list[UsageRecord]
) -> None:
    packed = pack_catalog(catalog)
    read = unpack_catalog(packed)
    assert pack_catalog(read) == packed
    assert version_of(read) == version_of(catalog)
    assert outcome_of((packed, usage)) == outcome_of((packed, usage))


@FEW
@given(
    catalogs=st.lists(whole_catalogs(), min_size=8, max_size=8),
    usage=st.lists(worded_records(), min_size=8, max_size=8),
    seed=st.integers(1, 1000),
)
def test_another_process_charges_the_same_byte_for_byte(
    catalogs: list[Catalog], usage: list[list[UsageRecord]], seed: int
) -> None:
    cases: list[Case] = list(zip(map(pack_catalog, catalogs), usage, strict=True))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cases"
        file.write_bytes(pickle.dumps(cases))
        told = subprocess.run(
            [sys.executable, "-m", "tests.properties.replayed", str(file)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        )
    assert told.stdout == digest_of(cases)
