"""Virtual time: the time of a test tenant is moved by command, and all that falls due with it.

Only forward, and only for a tenant whose every catalog says that it is a test. A tenant that was
ever charged by another catalog has one, so its time cannot be moved; and one that gets such a
catalog goes by the partition's time from then on. Every partition judges by what it holds itself.
"""

from collections.abc import Mapping
from typing import Final

from streams.accumulate.not_done import NotDone
from streams.due.agenda import begin_own_agenda
from streams.due.movement import Holder, Movement
from streams.model.command import AdvanceClock
from streams.model.instant import format_instant
from streams.outcome import CommandReason
from streams.rate.plan import Plan
from streams.session.clock import begin_own_ends
from streams.state import CatalogMarks, Effects, State, Table
from streams.tenant_time import OWN_TIMES, own_times, time_of

CLOCK: Final = "clock"
"""The usage type of an advance that was refused."""


def advance_clock(
    command: AdvanceClock,
    plans: Mapping[str, Plan],
    *,
    partition: int,
    state: State,
    effects: Effects,
) -> None:
    """Move the tenant's time, or say why not. One that is there already stays as it is."""
    tenant, at = command.tenant, command.at
    why = _not_done(command, plans, state)
    if why is not None:
        # Each partition may judge differently, so each tells it under a name of its own.
        refused = Movement(CLOCK, f"{command.command_id}/{partition}", at)
        holder = Holder(tenant, "", "", "")
        code, text, field = why
        refusal = refused.refusal(holder, code, text, field=field, partition=partition)
        effects.verdicts.append(refusal)
        return
    own = own_times(state) or {}
    if tenant not in own:
        begin_own_agenda(tenant, state)
        begin_own_ends(tenant, state)
    state.put(Table.META, OWN_TIMES, {**own, tenant: at})


def _not_done(command: AdvanceClock, plans: Mapping[str, Plan], state: State) -> NotDone | None:
    marks: CatalogMarks | None = state.get(Table.CATALOGS, command.tenant.encode())
    if marks is None:
        text = f"tenant {command.tenant} has no catalog"
        return NotDone(CommandReason.NOT_A_TEST_TENANT, text, "tenant")
    real = next((version for _, version in marks.marks if not plans[version].is_test), None)
    if real is not None:
        text = f"tenant {command.tenant} has catalog {real}, which is no test"
        return NotDone(CommandReason.NOT_A_TEST_TENANT, text, "tenant")
    time = time_of(command.tenant, state)
    if command.at < time:
        text = f"{format_instant(command.at)} is before {format_instant(time)}, the time there"
        return NotDone(CommandReason.CLOCK_IS_AHEAD, text, "at")
    return None
