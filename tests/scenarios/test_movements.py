"""In the order of the ledger, movements explain balances: in every scenario, bucket by bucket.

Each begins with what the one before has left, and the last leaves what is held. So past balances
and statements, which are folds of movements, are exact for all that scenarios show.
"""

from decimal import Decimal
from typing import Any

import pytest

from infra.scenario.core import CoreRun
from infra.scenario.read import Scenario
from streams.model.account import Balances
from streams.model.rated import RatedUsage
from streams.state import Effects, Table
from tests.scenarios.test_scenarios import SCENARIOS

Bucket = tuple[int, str, str, str, int]
"""The partition, who holds it, of what, its id, and the start of its period."""


class Watched(CoreRun):
    """A run that remembers the charges of each partition in their order."""

    def __init__(self, scenario: Scenario) -> None:
        self.ledger: list[tuple[int, RatedUsage]] = []
        super().__init__(scenario.form, scenario.catalog)

    def _absorb(self, partition: Any, effects: Effects) -> None:
        self.ledger += [(partition.number, rated) for rated in effects.rated]
        super()._absorb(partition, effects)

    def held(self) -> dict[Bucket, Decimal]:
        """What is left of each bucket, where it is something."""
        found: dict[Bucket, Decimal] = {}
        for partition in self._partitions:
            for key, balances in partition.state.table(Table.BALANCES).items():
                assert isinstance(balances, Balances)
                account = key.decode().split("\0")[1]
                for each in balances.buckets:
                    place = (partition.number, account, each.resource, each.id, each.start)
                    assert place not in found
                    found[place] = Decimal(each.unused)
        return {place: left for place, left in found.items() if left}


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=lambda each: f"{each.path.parent.name}/{each.path.stem}:{each.line}"
)
def test_every_movement_begins_where_the_last_has_ended(scenario: Scenario) -> None:
    run = Watched(scenario)
    run.run()
    left: dict[Bucket, Decimal] = {}
    for number, rated in run.ledger:
        for change in rated.changes:
            holder = change.account or rated.account
            place = (number, holder, change.resource, change.bucket, change.period_start)
            assert change.before == left.get(place, 0), (rated.record.event_id, change)
            left[place] = Decimal(change.after)
    assert {place: amount for place, amount in left.items() if amount} == run.held()
