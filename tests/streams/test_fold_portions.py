"""Folding many accounts is cut into portions that leave room for others."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.charge import Charging
from streams.due.fold import AT_ONCE, CHARGES_AT_ONCE
from streams.memory import MemoryState
from streams.model.catalog import Grant
from streams.model.command import ActivateCatalog, AssignService, Command, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER
from streams.rate.plan import compile_catalog
from streams.state import Effects, Table
from tests.properties.test_grants import CATALOG, FIRST
from tests.properties.worlds import TENANT

ACCOUNTS: Final = 3 * AT_ONCE
MONTHS: Final = 24
"""Each of which brings a grant and an expiry."""


class Portions:
    """Accounts with a monthly grant that nobody uses, and what each command makes for them."""

    def __init__(self) -> None:
        price_plan = CATALOG.price_plans[0]
        grant = Grant(allowance="free", quantity=Decimal(10), opens="period")
        opened = replace(price_plan, grants=(grant,))
        plan = compile_catalog(replace(CATALOG, price_plans=(opened,)))
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        self.state = MemoryState()
        self.apply(ActivateCatalog("c", TENANT, plan.version, BEGINNING))
        self.apply(Tick("first", FIRST))
        for number in range(ACCOUNTS):
            name = f"a{number}"
            self.apply(PutAccount(name, TENANT, name, name, "postpaid", "CHF", "UTC", None))
            self.apply(
                AssignService(f"s{number}", TENANT, name, name, name, name, "plan", FIRST, FOREVER)
            )

    def apply(self, command: Command) -> Effects:
        """Apply it, as one step."""
        step = Effects()
        self.core.apply_command(command, state=self.state, effects=step)
        return step

    def tick(self, days: int) -> list[int]:
        """How many movements the tick makes, and each message that goes on after it."""
        step = self.apply(Tick(f"after {days}", FIRST + days * DAY))
        made = [len(step.rated)]
        while step.outbox:
            (message,) = step.outbox
            step = self.apply(message.command)
            made.append(len(step.rated))
        return made


def test_a_month_is_told_to_so_many_accounts_at_once() -> None:
    made = Portions().tick(31)
    assert sum(made) == ACCOUNTS
    assert max(made) <= AT_ONCE
    assert len(made) == ACCOUNTS // AT_ONCE


def test_years_are_told_to_fewer() -> None:
    portions = Portions()
    made = portions.tick(31 * MONTHS)
    assert sum(made) > ACCOUNTS * 2 * (MONTHS - 1)
    assert max(made) < CHARGES_AT_ONCE + 2 * (MONTHS + 1)
    held = portions.state.table(Table.BALANCES).values()
    assert {len(each.buckets) for each in held} == {1}
