"""What a billing system answers: money that came is booked once, whatever became of the request."""

from typing import Final

from msgspec.structs import replace

from streams import command_ids
from streams.accumulate.ask_top_up import tell_request
from streams.accumulate.not_done import NotDone, tell_not_done
from streams.accumulate.top_up import top_up
from streams.due.movement import Movement
from streams.model.account import Account
from streams.model.balance_command import AnswerTopUp, TopUp
from streams.model.money import ZERO
from streams.model.top_up_request import TopUpRequest, TopUpRequests
from streams.outcome import CommandReason
from streams.rate.plan import Plan
from streams.state import Effects, State, Table

DECLINED: Final = "declined"
"""The kind of the alert that tells it."""
_ANSWER: Final = "top_up_request"
"""The usage type of an answer that nothing was asked for."""


def answer_top_up(
    command: AnswerTopUp, *, plan: Plan | None, partition: int, state: State, effects: Effects
) -> None:
    """Book the money, or note that none comes. Money may come late; no answer undoes money."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    held: TopUpRequests = state.get(Table.TOP_UP_REQUESTS, key) or TopUpRequests()
    request = next((each for each in held.requests if each.id == command.request), None)
    if request is None or account is None:
        text = f"account {command.account} waits for no money by request {command.request}"
        why = NotDone(CommandReason.REQUEST_NOT_KNOWN, text, "request")
        movement = Movement(_ANSWER, command.command_id, command.occurred_at)
        tell_not_done(why, movement, command, partition=partition, effects=effects)
        return
    if not command.is_paid:
        if request.status == "open":
            declined = replace(request, status=DECLINED)
            state.put(Table.TOP_UP_REQUESTS, key, _with(held, request, declined))
            at = command.occurred_at
            told = tell_request(request, account, kind=DECLINED, value=ZERO, at=at)
            effects.alerts.append(told)
        return
    state.put(Table.TOP_UP_REQUESTS, key, _with(held, request))
    money = _top_up(command, request)
    if command_ids.note(money, state):
        top_up(money, plan=plan, partition=partition, state=state, effects=effects, cause=command)


def _with(held: TopUpRequests, request: TopUpRequest, *after: TopUpRequest) -> TopUpRequests:
    kept = (each for each in held.requests if each.id != request.id)
    return replace(held, requests=(*kept, *after))


def _top_up(command: AnswerTopUp, request: TopUpRequest) -> TopUp:
    """The money as it was asked for; its id is made from the request, so it comes in once."""
    return TopUp(
        f"top_up_request/{request.id}",
        command.tenant,
        command.account,
        command.root,
        request.amount,
        request.currency,
        command.occurred_at,
        command.reference,
    )
