"""A dated change of attributes: of an account, of a subscription, or of a service id.

Each name has to be one that the catalog in force declares, and each value of its type; else the
command is refused whole.
"""

from typing import Final

from msgspec.structs import replace

from streams.accumulate.not_done import NotDone, tell_not_done
from streams.due.movement import Movement
from streams.model.account import Account, Service
from streams.model.attribute import (
    AttributeValue,
    Subject,
    expected_of,
    read_value,
    with_values,
)
from streams.model.command import PutAttributes
from streams.outcome import CommandReason
from streams.rate.attributes import CompiledAttributes
from streams.rate.plan import Plan
from streams.state import Effects, State, Table

ATTRIBUTES: Final = "attributes"
"""The usage type that a refused change is told under."""


def put_attributes(
    command: PutAttributes, *, plan: Plan | None, partition: int, state: State, effects: Effects
) -> None:
    """Put the values, or say why not.

    The account or service changes with them: whoever knows a payer by it looks again.
    """
    table, name = Table.ACCOUNTS, command.account
    if command.service_id:
        table, name = Table.SERVICES, command.service_id
    key = f"{command.tenant}\0{name}".encode()
    account: Account | None = state.get(
        Table.ACCOUNTS, f"{command.tenant}\0{command.account}".encode()
    )
    known: Account | Service | None = state.get(table, key)
    why = _not_done(command, account, known, plan)
    if why is not None:
        movement = Movement(ATTRIBUTES, command.command_id, command.start, _told(command))
        tell_not_done(why, movement, command, partition=partition, effects=effects)
        return
    assert known is not None
    values = (
        AttributeValue(each, value, command.start, command.end, command.subscription)
        for each, value in command.attributes.items()
    )
    dated = with_values(known.dated, values)
    if dated == known.dated:
        return
    changed = replace(known, dated=dated, version=known.version + 1)
    state.put(table, key, changed)
    effects.facts.append(changed)


def subject_of(command: PutAttributes) -> Subject:
    """What the values are of."""
    if command.service_id:
        return "service"
    return "subscription" if command.subscription else "account"


def _told(command: PutAttributes) -> dict[str, str]:
    told = {"service_id": command.service_id, "subscription": command.subscription}
    return {name: text for name, text in told.items() if text}


def _not_done(
    command: PutAttributes,
    account: Account | None,
    known: Account | Service | None,
    plan: Plan | None,
) -> NotDone | None:
    """Why it cannot be done; None: it can. Without a catalog nothing is said of values yet."""
    if account is None:
        text = f"there is no account {command.account}"
        return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, text, "account")
    if known is None or not _is_of(command, known):
        text = f"account {command.account} has no service id {command.service_id}"
        return NotDone(CommandReason.SERVICE_NOT_KNOWN, text, "service_id")
    if plan is None:
        return None
    wrong = (_wrong(command, each, plan.attributes) for each in sorted(command.attributes.items()))
    return next(filter(None, wrong), None)


def _is_of(command: PutAttributes, known: Account | Service) -> bool:
    return isinstance(known, Account) or any(
        each.account == command.account for each in known.assignments
    )


def _wrong(
    command: PutAttributes, given: tuple[str, str], attributes: CompiledAttributes | None
) -> NotDone | None:
    (name, value), of = given, subject_of(command)
    declared = None if attributes is None else attributes.declared(name, of)
    if declared is None:
        text = f"the catalog declares no attribute {name} of {_ARTICLES[of]} {of}"
        return NotDone(CommandReason.ATTRIBUTE_NOT_KNOWN, text, name)
    if read_value(declared, value) is None:
        text = f"attribute {name} is {value!r:.80}: expected {expected_of(declared)}"
        return NotDone(CommandReason.WRONG_ATTRIBUTE_VALUE, text, name)
    return None


_ARTICLES: Final = {"account": "an", "subscription": "a", "service": "a"}
