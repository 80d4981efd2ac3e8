"""What usage adds to the budgets that count it; and what may still be granted within them.

Usage that has happened counts, be it beyond a limit. What is asked for before the usage is charged
on a layer that is thrown away: how far that moves the totals is what would be set aside.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.budget_windows import closes_at, kept, window_at
from streams.model.account import Account
from streams.model.attribute import held_key
from streams.model.budget import Budget, BudgetTotal, CountedBudget
from streams.model.instant import FOREVER, Instant
from streams.model.money import Quantity, added, minus
from streams.model.usage import UsageRecord
from streams.rate.rating import Rating
from streams.rate.spans import escaped
from streams.state import State, Table
from streams.tenant_time import time_of_key

_TOTALS: Final = Table.BUDGET_TOTALS


class Meant(NamedTuple):
    """A budget that counts a usage: where its total stands, of which value, and how much it may."""

    budget: Budget
    key: bytes
    value: str
    limit: Quantity


def meant_by(
    record: UsageRecord, account: Account, budgets: tuple[CountedBudget, ...]
) -> list[Meant]:
    """Those of the account's budgets that count the record, what is nested deepest first."""
    found = (_meant(each, record, account, budgets) for each in budgets)
    return [each for each in found if each is not None]


def _meant(
    counted: CountedBudget,
    record: UsageRecord,
    account: Account,
    among: tuple[CountedBudget, ...],
) -> Meant | None:
    budget = counted.budget
    if not _counts(budget, record, account, among):
        return None
    value = (_word(budget.by, record, account) or "") if budget.by else ""
    limit = budget.limit_of(value)
    if limit is None:
        return None
    name = f"{record.tenant}\0{counted.holder}\0{budget.id}\0{escaped(value)}"
    return Meant(budget, name.encode(), value, limit)


def _counts(
    budget: Budget, record: UsageRecord, account: Account, among: tuple[CountedBudget, ...]
) -> bool:
    """True where it is in force, the usage is as it says, and its parent counts it too."""
    if not budget.start <= record.occurred_at < budget.end:
        return False
    for word, value in budget.when.items():
        if _word(word, record, account) != value:
            return False
    if not budget.parent:
        return True
    rest = tuple(each for each in among if each.budget.id != budget.id)
    parents = [each.budget for each in rest if each.budget.id == budget.parent]
    return not parents or any(_counts(each, record, account, rest) for each in parents)


def _word(word: str, record: UsageRecord, account: Account) -> str | None:
    match word:
        case "service_id":
            return record.service_id
        case "usage_type":
            return record.usage_type
        case "account":
            return account.account
        case _:
            key = held_key(word)
            found = None if key is None else account.attributes.get(key)
            return record.attributes.get(word) if found is None else found


def count_budgets(rating: Rating, state: State, time: Instant) -> None:
    """Add a charged record to the budgets that count it."""
    for meant in meant_by(rating.record, rating.payer.account, rating.payer.budgets):
        quantity = _measured(meant.budget, rating)
        if quantity:
            _use(meant, rating.record.occurred_at, quantity, time, state)


def _measured(budget: Budget, rating: Rating) -> Quantity:
    match budget.limits:
        case "spend":
            return rating.amount if rating.plan.currency == budget.currency else 0
        case "requests":
            return 1
        case "units":
            return _units(budget, rating.record)
        case _:
            return 0


def _units(budget: Budget, record: UsageRecord) -> Quantity:
    total: Quantity = 0
    for usage in record.usages:
        if not budget.units or usage.unit in budget.units:
            total = added(total, usage.quantity)
    return total


def _use(meant: Meant, at: Instant, quantity: Quantity, time: Instant, state: State) -> None:
    total = total_of(meant, state).moved(window_at(meant.budget, at), used=quantity)
    put_total(meant.key, total, time, state)


def lower_budgets(  # noqa: PLR0913 - whose usage was refunded, and what of it
    record: UsageRecord,
    account: Account,
    budgets: tuple[CountedBudget, ...],
    *,
    spent: Mapping[str, Quantity],
    requests: int,
    state: State,
) -> None:
    """Take out of the budgets that count a record what was refunded of it: its usages, what was
    `spent` by currency, and the request itself once all of it was.

    In the window that it counts in, and never more than that has come to.
    """
    for meant in meant_by(record, account, budgets):
        match meant.budget.limits:
            case "spend":
                back = spent.get(meant.budget.currency, 0)
            case "requests":
                back = requests
            case "units":
                back = _units(meant.budget, record)
            case _:
                continue
        total, window = total_of(meant, state), window_at(meant.budget, record.occurred_at)
        back = min(back, next((e.used for e in total.spans if e.start == window.start), 0))
        if back > 0:
            moved = total.moved(window, used=minus(back))
            put_total(meant.key, moved, time_of_key(meant.key, state), state)


def total_of(meant: Meant, state: State) -> BudgetTotal:
    """Where it stands, by the terms of now; anew where it was counted in another way."""
    terms = replace(meant.budget, limits_of={}, accounts=())
    found: BudgetTotal | None = state.get(_TOTALS, meant.key)
    if found is None or found.terms.window != terms.window:
        return BudgetTotal(terms, meant.value, meant.limit)
    return replace(found, terms=terms, limit=meant.limit)


def put_total(key: bytes, total: BudgetTotal, time: Instant, state: State) -> None:
    """Put it without windows that are over; nothing is kept of one that has none left."""
    terms, spans = total.terms, kept(total.terms, total.spans, time)
    ends = [FOREVER if each.held else closes_at(terms, each) for each in spans]
    if total.sessions:
        ends.append(FOREVER)
    if ends:
        state.put(_TOTALS, key, replace(total, spans=spans, closes_at=max(ends)))
    else:
        state.delete(_TOTALS, key)
