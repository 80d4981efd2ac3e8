"""Every example catalog with usage that fits it: all of it ends as expected, all of it adds up."""

from collections import Counter
from decimal import Decimal

import pytest

from infra.bench.world import CATALOGS, World, make_world
from infra.load.messages import messages
from infra.load.plan import Kind, LoadPlan
from infra.load.population import commands_of, strangers
from infra.load.trades import TRADES
from streams.model.instant import DAY
from streams.model.usage import SourcePosition
from streams.state import Effects
from topologies.runner import SourceMessage

START = 1_772_400_000_000_000
END_OF = {
    Kind.GOOD: "charged",
    Kind.DOUBLED: "duplicate",
    Kind.BROKEN: "error",
    Kind.UNKNOWN: "unknown_service",
}
NOTHING_TO_CHARGE = ("first_reading", "zero_usage")
"""What is expected of meters: a first reading, and one that shows what the last one did."""


def charge(world: World, plan: LoadPlan, ends: Counter[str]) -> Effects:
    """Run a plan's messages through mediation and charging, counting how they end."""
    runner, effects = world.runner(), Effects()
    for offset, message in enumerate(messages(plan)):
        source = SourceMessage(
            offset, plan.start + plan.span, message.key, message.value, list(message.headers)
        )
        output = runner.run([source], topic="usage", topic_id="t", partition=0)
        ends.update(
            refused.code if refused.code == "unknown_service" else refused.state
            for refused in output.refused
        )
        for batch in (batch for batches in output.batches.values() for batch in batches):
            for record in batch.records:
                position = SourcePosition("t", 0, record.offset, record.index)
                world.charging.charge_record(
                    record, position=position, state=world.state, effects=effects
                )
    ends["charged"] += len(effects.rated)
    ends.update(verdict.code or verdict.verdict for verdict in effects.verdicts)
    return effects


@pytest.mark.parametrize("catalog", sorted(TRADES))
def test_usage_of_a_trade_is_charged_by_its_catalog(catalog: str) -> None:
    world = make_world(accounts=20, at=START, catalog=catalog)
    plan = LoadPlan(
        events=1500, start=START, span=DAY, accounts=20, catalog=catalog,
        late=20, doubled=20, broken=10, unknown=20,
    )  # fmt: skip
    sent = Counter(END_OF[kind] for message in messages(plan) for kind in message.kinds)
    ends: Counter[str] = Counter()
    effects = charge(world, plan, ends)
    ends["charged"] += sum(ends.pop(code, 0) for code in NOTHING_TO_CHARGE)
    assert ends == sent
    for charged in effects.rated:
        sums: Counter[str] = Counter()
        for posting in charged.postings:
            sums[posting.resource] += posting.amount
        assert not any(sums.values()), charged
        assert sum((line.amount for line in charged.lines), Decimal(0)) == charged.amount
    assert sum(charged.amount for charged in effects.rated) > 0
    offers = {
        offer.product for each in world.catalogs for p in each.price_plans for offer in p.offers
    }
    assert {charged.product for charged in effects.rated} == offers


def test_every_example_catalog_has_usage() -> None:
    shown = {path.parent.name for path in CATALOGS.glob("*/catalog.yaml")}
    assert shown == {"ai-api", "mobile-operator", *TRADES}


@pytest.mark.parametrize("catalog", sorted(TRADES))
def test_strangers_are_known_once_their_accounts_have_come(catalog: str) -> None:
    world = make_world(accounts=1, at=START, catalog=catalog)
    effects = Effects()
    for customer in strangers(catalog):
        for command in commands_of(customer, at=START):
            world.charging.apply_command(command, state=world.state, effects=effects)
    plan = LoadPlan(events=20, start=START, span=DAY, accounts=1, catalog=catalog, unknown=1000)
    ends: Counter[str] = Counter()
    charge(world, plan, ends)
    assert ends["charged"] + sum(ends[code] for code in NOTHING_TO_CHARGE) == 20
