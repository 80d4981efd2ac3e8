"""What is due and cannot be charged is told once, and once more when it has been charged.

It is tried again until it can be: once a catalog, an account or a partner is as it needs them.
"""

from typing import Final

from msgspec.structs import replace

from streams.accumulate.watch import RECOVERED, Seen, Watch, Watched
from streams.due.moment import AccountMoment
from streams.model.account import RunningFee
from streams.model.instant import Instant
from streams.model.money import ZERO
from streams.state import Table

NOT_CHARGED: Final = "not_charged"
"""What the threshold of these alerts begins with: `not_charged:<service>/<fee>`."""


def tell_stuck(running: RunningFee, start: Instant, at: AccountMoment) -> None:
    """An alert for the period that waits, unless there has been one."""
    held = at.balances
    watch = _watch(at, held.thresholds)
    watch.reach(_seen(running, at), start)
    _put(watch, watch.fired, at)


def tell_charged(running: RunningFee, start: Instant, at: AccountMoment) -> None:
    """The alert of the period is over."""
    name, held = _name(running), at.balances
    if (name, start) not in held.thresholds:
        return
    watch = _watch(at, ((name, start),))
    watch.leave(_seen(running, at))
    over = {(name, start): (f"{name}{RECOVERED}", start)}
    _put(watch, tuple(over.get(each, each) for each in held.thresholds), at)


def _name(running: RunningFee) -> str:
    return f"{NOT_CHARGED}:{running.service_id or running.price_plan}/{running.fee}"


def _seen(running: RunningFee, at: AccountMoment) -> Seen:
    return Seen.of(_name(running), resource=at.account.currency, level=ZERO, value=ZERO)


def _watch(at: AccountMoment, fired: tuple[tuple[str, Instant], ...]) -> Watch:
    return Watch(Watched.of(at.account), fired=fired, at=at.time, notices={})


def _put(watch: Watch, fired: tuple[tuple[str, Instant], ...], at: AccountMoment) -> None:
    if watch.alerts:
        at.state.put(Table.BALANCES, at.key, replace(at.balances, thresholds=fired))
        at.effects.alerts += watch.alerts
