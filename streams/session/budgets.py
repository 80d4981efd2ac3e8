"""What sessions hold of budgets: of every level that counts their usage, or of none.

A request is charged on a layer; how far that moves the totals of budgets is what is set aside in
them, next to what other sessions hold. The first that does not bear it is the one that is told.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.accumulate.budgets import put_total
from streams.budget_windows import first_after, used_in, window_at
from streams.model.account import Account
from streams.model.budget import Budget, BudgetTotal
from streams.model.charging_session import (
    AnswerCode,
    BudgetHold,
    BudgetLeft,
    Restriction,
)
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.money import Quantity, added, minus
from streams.rate.budgets import budgets_of
from streams.state import State, Table
from streams.tenant_time import time_of_key

VALUES_MOST: Final = 100
"""Values of a budget that are told at most."""


class Beyond(NamedTuple):
    """A budget that does not bear what is asked, and the window it is of."""

    total: BudgetTotal
    window: Period

    @property
    def code(self) -> AnswerCode:
        """What the caller is told."""
        is_rate = self.total.terms.is_rate
        return AnswerCode.RATE_LIMITED if is_rate else AnswerCode.BUDGET_EXHAUSTED

    def restriction(self, *, is_cut: bool) -> Restriction:
        """Which level bounds it: less is granted, or nothing."""
        terms = self.total.terms
        again = first_after(terms, self.window)
        return Restriction(
            "budget",
            terms.id,
            "throttle" if is_cut else "stop",
            terms.level or terms.id,
            retry_at=BEGINNING if again == FOREVER else again,
        )

    def detail(self) -> str:
        """One sentence: the budget, whose part of it, and what it may come to."""
        terms, value = self.total.terms, self.total.value
        of = f" of {value}" if value else ""
        return f"budget {terms.id}{of} bears {self.total.limit} {_what(self.total)} at most"


def held_of_budgets(
    put: Iterable[tuple[bytes, BudgetTotal]], state: State
) -> tuple[tuple[BudgetHold, ...], Beyond | None]:
    """What the totals that were put have moved since they stood in the state."""
    holds: list[BudgetHold] = []
    beyond: Beyond | None = None
    for key, total in put:
        before: BudgetTotal | None = state.get(Table.BUDGET_TOTALS, key)
        known = {} if before is None else {each.start: each.used for each in before.spans}
        for span in total.spans:
            quantity = added(span.used, minus(known.get(span.start, 0)))
            if not quantity:
                continue
            holds.append((key, span.start, span.end, quantity))
            window = Period(span.start, span.end)
            is_new = beyond is None and quantity > 0
            if is_new and used_in(total.terms, total, window) > total.limit:
                beyond = Beyond(total, window)
    return tuple(holds), beyond


def dearer_holds(
    one: tuple[BudgetHold, ...], other: tuple[BudgetHold, ...]
) -> tuple[BudgetHold, ...]:
    """What covers both."""
    if one == other:
        return one
    most: dict[tuple[bytes, Instant, Instant], Quantity] = {}
    for key, start, end, quantity in (*one, *other):
        held = most.get((key, start, end), quantity)
        most[key, start, end] = max(held, quantity)
    return tuple((*place, quantity) for place, quantity in most.items())


def summed_holds(
    one: tuple[BudgetHold, ...], other: tuple[BudgetHold, ...]
) -> tuple[BudgetHold, ...]:
    """What covers one after the other."""
    sums: dict[tuple[bytes, Instant, Instant], Quantity] = {}
    for key, start, end, quantity in (*one, *other):
        sums[key, start, end] = added(sums.get((key, start, end), 0), quantity)
    return tuple((*place, quantity) for place, quantity in sums.items())


def hold_budgets(
    holds: tuple[BudgetHold, ...], counted: Iterable[tuple[bytes, BudgetTotal]], state: State
) -> None:
    """Set aside in budgets what a session may use; `counted` tells those that are new."""
    terms = dict(counted)
    for key, start, end, quantity in holds:
        total = state.get(Table.BUDGET_TOTALS, key) or replace(terms[key], spans=())
        _put(key, total.moved(Period(start, end), held=quantity), state)


def lift_budgets(holds: tuple[BudgetHold, ...], state: State) -> None:
    """Give back what is set aside; of a window that was begun anew nothing is."""
    for key, start, end, quantity in holds:
        total: BudgetTotal | None = state.get(Table.BUDGET_TOTALS, key)
        if total is None:
            continue
        held = next((each.held for each in total.spans if each.start == start), 0)
        back = min(held, quantity) if quantity > 0 else quantity
        _put(key, total.moved(Period(start, end), held=minus(back)), state)


def budgets_left(
    account: Account, usual: tuple[Budget, ...], at: Instant, state: State
) -> tuple[BudgetLeft, ...]:
    """Where the budgets stand that count the account's usage, in the windows of that time."""
    told: list[BudgetLeft] = []
    tenant = account.tenant
    for counted in budgets_of(account, usual, state):
        budget = counted.budget
        if not budget.start <= at < budget.end or budget.limits == "sessions":
            continue
        start = f"{tenant}\0{counted.holder}\0{budget.id}\0".encode()
        for _, total in state.scan(Table.BUDGET_TOTALS, start, start + b"\xff", VALUES_MOST):
            told.append(_left(total, at))
    return tuple(told)


def _left(total: BudgetTotal, at: Instant) -> BudgetLeft:
    terms = total.terms
    window = window_at(terms, at)
    reserved = used_in(terms, total.without_used(), window)
    used = added(used_in(terms, total, window), minus(reserved))
    level = terms.level or terms.id
    return BudgetLeft(terms.id, level, total.value, total.limit, used, reserved, *window)


def _put(key: bytes, total: BudgetTotal, state: State) -> None:
    put_total(key, total, time_of_key(key, state), state)


def _what(total: BudgetTotal) -> str:
    terms = total.terms
    return terms.currency if terms.limits == "spend" else ", ".join(terms.units) or terms.limits
