"""Commands that cannot be carried out: they end as ignored records, with a code that says why."""

from typing import NamedTuple

from streams.due.movement import Holder, Movement
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    TakeTransfer,
    Transfer,
)
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.command import PutAttributes
from streams.outcome import CommandReason
from streams.state import Effects

Command = (
    Adjust
    | AnswerTopUp
    | ConvertPoints
    | Transfer
    | TakeTransfer
    | PutAttributes
    | PutBillingProfile
    | MarkBilled
)
"""Those that may be refused."""


class NotDone(NamedTuple):
    """Why a command is not carried out: one sentence with the value seen, and of which field."""

    code: CommandReason
    detail: str
    field: str


def tell_not_done(
    why: NotDone,
    movement: Movement,
    command: Command,
    *,
    partition: int,
    effects: Effects,
) -> None:
    """The verdict on the movement that the command would have been."""
    holder = Holder(command.tenant, command.account, command.root, "")
    code, text, field = why
    refusal = movement.refusal(holder, code, text, field=field, partition=partition)
    effects.verdicts.append(refusal)
