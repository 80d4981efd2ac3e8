"""Thresholds on totals of a whole root: they fire once for all of its accounts, for the root.

What has fired stands with the root, where every account of it finds it: they share a partition.
"""

from msgspec.structs import replace

from streams.accumulate.standing import account_at
from streams.accumulate.thresholds import not_over
from streams.accumulate.watch import Watch, Watched
from streams.accumulate.watched_totals import watch_tally
from streams.due.agenda import put_balances
from streams.model.account import Account, Balances
from streams.model.rated import Alert
from streams.rate.plan import Plan
from streams.rate.rating import Rating
from streams.state import State, Table


def watch_group(rating: Rating, plan: Plan, state: State) -> tuple[Alert, ...]:
    """Judge the levels on totals that the record moved for the root of its account."""
    thresholds, account = plan.thresholds, rating.payer.account
    moved = [each for each in rating.tallied if each[0] in thresholds.groups]
    if not moved or account.root == account.account:
        return ()
    key = f"{account.tenant}\0{account.root}".encode()
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    root: Account | None = state.get(Table.ACCOUNTS, key)
    whose = Watched(account.tenant, account.root)
    notices, at = thresholds.notices, rating.record.occurred_at
    if root is not None:
        whose = Watched.of(account_at(root, at, plan=plan, state=state))
    watch = Watch(whose, fired=held.thresholds, at=at, notices=notices)
    watch.open = frozenset(bucket.start for bucket in held.buckets)
    if held.thresholds:
        watch.fired = not_over(held.thresholds, rating, thresholds, watch.open)
    for name, tally in moved:
        watch_tally(watch, rating, thresholds, name, tally)
    if watch.fired != held.thresholds:
        put_balances(key, held, replace(held, thresholds=watch.fired), state)
    return tuple(watch.alerts)
