"""Requests for money whose time is over: closed, told as expired, and asked anew where it is due.

A declined one has kept others back until then. Each is closed, and the next one asked for, as of
the time at which it fell due: who finds that late asks no more often than who finds it at once.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.ask_top_up import ask_top_ups, tell_request
from streams.accumulate.standing import account_at
from streams.accumulate.wallets import money_of
from streams.accumulate.watch import Low
from streams.due.moment import AccountMoment
from streams.model.instant import FOREVER, Instant
from streams.model.top_up_request import TopUpRequest, TopUpRequests
from streams.state import Table

EXPIRED: Final = "expired"
"""The kind of the alert that tells it."""


def close_overdue(at: AccountMoment) -> Instant:
    """Close the requests whose time is over; until when the next has time."""
    if not any(at.plans[version].thresholds.asks for _, version in at.marks.marks):
        return FOREVER
    while True:
        held: TopUpRequests | None = at.state.get(Table.TOP_UP_REQUESTS, at.key)
        waiting = [each for each in (held.requests if held else ()) if each.status != EXPIRED]
        first = min(waiting, key=lambda each: (each.until, each.id), default=None)
        if held is None or first is None:
            return FOREVER
        if first.until > at.time:
            return first.until
        _close(first, held, at)


def _close(request: TopUpRequest, held: TopUpRequests, at: AccountMoment) -> None:
    account, until = at.account, request.until
    kept = (each for each in held.requests if each.id != request.id)
    closed = replace(held, requests=(*kept, replace(request, status=EXPIRED)))
    at.state.put(Table.TOP_UP_REQUESTS, at.key, closed)
    if request.status == "open":
        left = _left(at)
        told = tell_request(request, account, kind=EXPIRED, value=left, at=until)
        at.effects.alerts.append(told)
    alerts, _ = ask_top_ups(account, _low(request, at), at=until, state=at.state)
    at.effects.alerts += alerts


def _low(request: TopUpRequest, at: AccountMoment) -> list[Low]:
    """The threshold of the request, where the money is still as low as it says."""
    plan, left = at.plan_at(request.until), _left(at)
    thresholds, notice = plan.thresholds, plan.thresholds.notices.get(request.threshold)
    account = account_at(at.account, request.until, plan=plan, state=at.state)
    return [
        Low(bound, bound.top_up, left, notice.to)
        for bound in thresholds.money.of(at.account)
        if bound.top_up is not None
        and bound.level.threshold == request.threshold
        and left <= bound.balance
        and notice is not None
        and notice.concerns(account.attributes)
    ]


def _left(at: AccountMoment) -> Decimal:
    return money_of(at.balances.buckets, at.account.currency)
