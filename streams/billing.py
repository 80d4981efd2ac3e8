"""Billing of an account: its profile is put, and a closed bill unit stands on an invoice.

Invoices are made elsewhere. What matters here is that a unit does not change any more once it may
be on one: it is closed, all that fell due in it is charged, and nothing goes into it.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from streams.accumulate.not_done import NotDone, tell_not_done
from streams.due.cycles import Recut
from streams.due.movement import Movement
from streams.model.account import Account
from streams.model.billing import CALENDAR, BilledUnit, BilledUnits, Billing, BillingProfile
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.instant import BEGINNING, Instant, format_instant
from streams.outcome import CommandReason
from streams.rate.plan import Plan
from streams.state import CatalogMarks, Effects, State, Table
from streams.tenant_time import time_of

PROFILE = "billing_profile"
"""The usage type of a profile that is refused."""
BILLED = "billed"
"""The usage type of a mark that is refused."""


def apply_billing(
    command: PutBillingProfile | MarkBilled,
    plans: Mapping[str, Plan],
    *,
    partition: int,
    state: State,
    effects: Effects,
) -> None:
    """Do what the command says, or say why not; what is so already is done."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if isinstance(command, PutBillingProfile):
        why = _not_put(command, account, state)
        kind = PROFILE
    else:
        why = _not_billed(command, account, key, plans, state)
        kind = BILLED
    if why is not None:
        movement = Movement(kind, command.command_id, command.occurred_at)
        tell_not_done(why, movement, command, partition=partition, effects=effects)
        return
    assert account is not None
    if isinstance(command, PutBillingProfile):
        billing = _with_profile(command, account)
    else:
        billing = _with_invoice(command, account, key, state)
    if billing != account.billing:
        changed = replace(account, billing=billing, version=account.version + 1)
        state.put(Table.ACCOUNTS, key, changed)
        effects.facts.append(changed)
        if isinstance(command, PutBillingProfile):
            grace = _catalogs_grace(command.tenant, plans, state)
            Recut(account, changed, key, state).follow(
                command,
                plans,
                closed_before=time_of(command.tenant, state) - grace,
                partition=partition,
                effects=effects,
            )


def _not_put(command: PutBillingProfile, account: Account | None, state: State) -> NotDone | None:
    if account is None:
        return _unknown(command.account)
    if command.currency not in ("", account.currency):
        text = f"account {command.account} has {account.currency}, not {command.currency}"
        return NotDone(CommandReason.OTHER_CURRENCY, text, "currency")
    time = time_of(command.tenant, state)
    if time == BEGINNING:
        return None
    open_unit = (account.billing or CALENDAR).unit_at(time, account.time_zone)
    if command.start < open_unit.start:
        text = f"the open bill unit began at {format_instant(open_unit.start)}"
        return NotDone(CommandReason.BILL_UNIT_NOT_OPEN, text, "from")
    return None


def _with_profile(command: PutBillingProfile, account: Account) -> Billing:
    """The zone is the account's of now: units stay what they are, whatever zone it has later."""
    cycle = command.cycle
    if not cycle.time_zone:
        cycle = replace(cycle, time_zone=account.time_zone)
    profile = BillingProfile(command.start, cycle, command.grace)
    return (account.billing or CALENDAR).with_profile(profile)


def _not_billed(
    command: MarkBilled,
    account: Account | None,
    key: bytes,
    plans: Mapping[str, Plan],
    state: State,
) -> NotDone | None:
    if account is None:
        return _unknown(command.account)
    billing = account.billing or CALENDAR
    unit = billing.unit_at(command.unit, account.time_zone)
    shown = format_instant(command.unit)
    billed: BilledUnits = state.get(Table.BILLED_UNITS, key) or BilledUnits()
    invoice = billed.invoice_of(command.unit)
    if invoice == command.invoice:
        return None
    if invoice is not None:
        text = f"the bill unit of {shown} stands on invoice {invoice}"
        return NotDone(CommandReason.BILL_UNIT_BILLED, text, "invoice")
    if unit.start != command.unit:
        text = f"no bill unit begins at {shown}, but one at {format_instant(unit.start)}"
        return NotDone(CommandReason.BILL_UNIT_NOT_KNOWN, text, "unit")
    closes_at = unit.closes_at(_catalogs_grace(command.tenant, plans, state))
    if closes_at > time_of(command.tenant, state):
        text = f"the bill unit of {shown} closes at {format_instant(closes_at)}"
        return NotDone(CommandReason.BILL_UNIT_NOT_CLOSED, text, "unit")
    return None


def _with_invoice(command: MarkBilled, account: Account, key: bytes, state: State) -> Billing:
    billing = account.billing or CALENDAR
    billed: BilledUnits = state.get(Table.BILLED_UNITS, key) or BilledUnits()
    if billed.invoice_of(command.unit) is not None:
        return billing
    unit = billing.unit_at(command.unit, account.time_zone)
    added = BilledUnit(unit.start, unit.end, command.invoice, command.occurred_at)
    state.put(Table.BILLED_UNITS, key, billed.with_unit(added))
    return replace(billing, billed_until=max(billing.billed_until, unit.end))


def _catalogs_grace(tenant: str, plans: Mapping[str, Plan], state: State) -> Instant:
    """How long periods stay open past their end: under none of the versions any longer."""
    marks: CatalogMarks | None = state.get(Table.CATALOGS, tenant.encode())
    versions = () if marks is None else marks.marks
    return max((plans[version].grace for _, version in versions), default=0)


def _unknown(account: str) -> NotDone:
    return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, f"there is no account {account}", "account")
