"""Commands, each with what falls due before it and what it makes due."""

from streams.commands import CommandBook
from streams.due.fold import Folding
from streams.model.account import Service
from streams.model.balance_command import (
    Adjust,
    AnswerTopUp,
    ConvertPoints,
    GrantAllowance,
    TakeTransfer,
    TopUp,
    Transfer,
    VoidGrant,
)
from streams.model.billing_command import MarkBilled, PutBillingProfile
from streams.model.command import (
    AdvanceClock,
    AssignService,
    Command,
    EndService,
    FoldPeriods,
    PartnerVolume,
    PutAccount,
    Tick,
)
from streams.model.instant import BEGINNING
from streams.model.move_command import MoveAccount, TakeAccount
from streams.moved import take_waiting
from streams.state import Effects, State, Table
from streams.subscriptions import ended_with


def apply_command(
    command: Command, book: CommandBook, folding: Folding, *, state: State, effects: Effects
) -> None:
    """Apply a command that carries no usage, after what was due in the accounts that it touches."""
    if book.is_sent_on(command, state, effects):
        return
    match command:
        case FoldPeriods():
            folding.go_on(command, state, effects)
        case Tick() | AdvanceClock():
            book.apply(command, state=state, effects=effects)
            folding.fold_due(command, state, effects)
        case AssignService() | EndService():
            _change_service(command, book, folding, state=state, effects=effects)
        case TakeAccount():
            key = f"{command.tenant}\0{command.account}".encode()
            book.apply(command, state=state, effects=effects)
            for carried in command.slice.services:
                at = f"{carried.tenant}\0{carried.service_id}".encode()
                service: Service = state.get(Table.SERVICES, at)
                # It may have changed after the account had left with its fees.
                folding.follow(
                    service, service, command, now=BEGINNING, state=state, effects=effects
                )
            folding.fold(key, command, now=BEGINNING, state=state, effects=effects)
            for waiting in take_waiting(key, state) if command.slice.is_last else ():
                apply_command(waiting, book, folding, state=state, effects=effects)
        case (
            PutAccount()
            | TopUp()
            | Adjust()
            | AnswerTopUp()
            | ConvertPoints()
            | PartnerVolume()
            | Transfer()
            | TakeTransfer()
            | GrantAllowance()
            | VoidGrant()
            | MoveAccount()
            | PutBillingProfile()
            | MarkBilled()
        ):
            key = f"{command.tenant}\0{command.account}".encode()
            folding.fold(key, command, now=BEGINNING, state=state, effects=effects)
            book.apply(command, state=state, effects=effects)
            # What has waited for the account waits no longer.
            folding.fold(key, command, now=BEGINNING, state=state, effects=effects, is_new=True)
        case _:
            book.apply(command, state=state, effects=effects)


def _change_service(
    command: AssignService | EndService,
    book: CommandBook,
    folding: Folding,
    *,
    state: State,
    effects: Effects,
) -> None:
    key = f"{command.tenant}\0{command.service_id}".encode()
    before: Service | None = state.get(Table.SERVICES, key)
    concerned = [each.account for each in (() if before is None else before.assignments)]
    if isinstance(command, AssignService):
        concerned.append(command.account)
    for name in dict.fromkeys(concerned):
        account = f"{command.tenant}\0{name}".encode()
        folding.fold(account, command, now=BEGINNING, state=state, effects=effects)
    book.apply(command, state=state, effects=effects)
    after: Service | None = state.get(Table.SERVICES, key)
    if after is not None and after is not before:
        now = command.start if isinstance(command, AssignService) else command.end
        folding.follow(before, after, command, now=now, state=state, effects=effects)
        for ended in ended_with(command, before, state):
            _change_service(ended, book, folding, state=state, effects=effects)
