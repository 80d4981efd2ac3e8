"""Asking an outside billing system for money, where an account's runs low.

The request leaves as an alert, so it goes out once by its id; what it comes to is told by command.
One request of a threshold is on its way at most, and no more are asked in a period than the catalog
says, paid or not: so nobody is ever asked for more money than `limit` times the amount.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from msgspec.structs import replace

from streams.accumulate.watch import Low
from streams.model.account import Account
from streams.model.billing_period import period_at
from streams.model.instant import DAY, FOREVER, Instant
from streams.model.money import Quantity
from streams.model.rated import Alert
from streams.model.top_up_request import Asked, TopUpRequest, TopUpRequests
from streams.rate.spans import MONTH
from streams.state import State, Table

REQUESTED: Final = "requested"
"""The kind of the alert that asks."""
_KEPT: Final = 400 * DAY
"""How long money may still come for a request that has expired."""


def ask_top_ups(
    account: Account, low: Iterable[Low], *, at: Instant, state: State
) -> tuple[tuple[Alert, ...], Instant]:
    """Ask where nothing is on its way: the alerts that do, and until when the first has time."""
    key = f"{account.tenant}\0{account.account}".encode()
    held: TopUpRequests = state.get(Table.TOP_UP_REQUESTS, key) or TopUpRequests()
    alerts: list[Alert] = []
    due = FOREVER
    for each in low:
        asked = _next(each, held, account.time_zone, at)
        if asked is None:
            continue
        terms, level = each.terms, each.bound.level
        name = request_id(account.tenant, account.account, level.threshold, asked.ever)
        until = at + terms.within
        request = TopUpRequest(
            name, level.threshold, terms.amount, each.bound.currency, until, to=each.to
        )
        kept = tuple(old for old in held.requests if old.until + _KEPT > at)
        others = tuple(old for old in held.asked if old.threshold != level.threshold)
        held = TopUpRequests((*kept, request), (*others, asked))
        alerts.append(tell_request(request, account, kind=REQUESTED, value=each.left, at=at))
        due = min(due, until)
    if alerts:
        state.put(Table.TOP_UP_REQUESTS, key, held)
    return tuple(alerts), due


def _next(low: Low, held: TopUpRequests, zone_name: str, at: Instant) -> Asked | None:
    """The count with one request more; None where none may be asked."""
    threshold, terms = low.bound.level.threshold, low.terms
    if any(each.threshold == threshold and each.status != "expired" for each in held.requests):
        return None
    start = period_at(at, terms.every or MONTH, zone_name).start
    known = next((each for each in held.asked if each.threshold == threshold), None)
    if known is None:
        return Asked(threshold, 1, start, 1)
    if known.start < start:
        return replace(known, ever=known.ever + 1, start=start, count=1)
    if known.count >= terms.limit:
        return None
    return replace(known, ever=known.ever + 1, count=known.count + 1)


def request_id(tenant: str, account: str, threshold: str, number: int) -> str:
    """What names the `number`th request of a threshold, from 1."""
    cause = f"{tenant}\0{account}\0{threshold}\0top_up\0{number}"
    return blake2b(cause.encode(), digest_size=16).hexdigest()


def tell_request(
    request: TopUpRequest, account: Account, *, kind: str, value: Quantity, at: Instant
) -> Alert:
    """The alert: asking has the request's own id, what came of it one made from that."""
    name = request.id
    if kind != REQUESTED:
        name = blake2b(f"{name}\0{kind}".encode(), digest_size=16).hexdigest()
    return Alert(
        alert_id=name,
        tenant=account.tenant,
        account=account.account,
        threshold=request.threshold,
        resource=request.currency,
        kind=kind,
        level=request.amount,
        value=value,
        period_start=request.until,
        occurred_at=at,
        to=request.to,
        action="top_up",
    )
